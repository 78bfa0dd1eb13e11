// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers the kernels of layers with weights.
#include "DotKernelModels.h"
#include "qopt/Codegen/KernelModels.h"

#include "mlir/IR/DialectRegistry.h"

namespace qopt::codegen {

void registerDotKernelModels(mlir::DialectRegistry &registry) {
  registry.addExtension(+[](mlir::MLIRContext *context, QOptDialect *) {
    attachConv2DKernel(*context);
    attachDepthwiseConv2DKernel(*context);
    attachMatmulKernel(*context);
  });
}

} // namespace qopt::codegen

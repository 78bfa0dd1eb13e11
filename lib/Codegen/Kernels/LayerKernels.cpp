// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerKernels.h"

#include "qopt/Codegen/KernelModels.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

void qopt::codegen::registerLayerKernelModels(mlir::DialectRegistry &registry) {
  registry.addExtension(+[](mlir::MLIRContext *context, QOptDialect *) {
    attachQuantizeKernels(*context);
    attachCastKernels(*context);
    attachBinaryKernels(*context);
    attachCodeKernels(*context);
    attachMovementKernels(*context);
    attachTransposeKernels(*context);
    attachAveragePoolKernels(*context);
    attachMaxPoolKernels(*context);
    attachMeanKernels(*context);
    attachSoftmaxKernels(*context);
  });
}

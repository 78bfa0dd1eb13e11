// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function for each op with weights; together they are registerDotKernelModels.
#ifndef QOPT_CODEGEN_DOTKERNELMODELS_H
#define QOPT_CODEGEN_DOTKERNELMODELS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt::codegen {

void attachConv2DKernel(mlir::MLIRContext &context);
void attachDepthwiseConv2DKernel(mlir::MLIRContext &context);
void attachMatmulKernel(mlir::MLIRContext &context);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_DOTKERNELMODELS_H

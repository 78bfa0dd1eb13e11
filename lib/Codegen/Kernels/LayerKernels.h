// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function for each family of kernels; together they are registerLayerKernelModels.
#ifndef QOPT_CODEGEN_KERNELS_LAYERKERNELS_H
#define QOPT_CODEGEN_KERNELS_LAYERKERNELS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt::codegen {

void attachQuantizeKernels(mlir::MLIRContext &context);
void attachCastKernels(mlir::MLIRContext &context);     ///< dequantize, requantize
void attachBinaryKernels(mlir::MLIRContext &context);   ///< add, sub, mul
void attachCodeKernels(mlir::MLIRContext &context);     ///< clamp, lookup
void attachMovementKernels(mlir::MLIRContext &context); ///< concat, pad, slice, reshape, …
void attachTransposeKernels(mlir::MLIRContext &context);
void attachAveragePoolKernels(mlir::MLIRContext &context);
void attachMaxPoolKernels(mlir::MLIRContext &context);
void attachMeanKernels(mlir::MLIRContext &context);
void attachSoftmaxKernels(mlir::MLIRContext &context);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELS_LAYERKERNELS_H

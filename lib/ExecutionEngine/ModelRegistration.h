// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function for each file of evaluation models.
#ifndef QOPT_LIB_EXECUTIONENGINE_MODELREGISTRATION_H
#define QOPT_LIB_EXECUTIONENGINE_MODELREGISTRATION_H

#include "mlir/IR/MLIRContext.h"

namespace qopt::detail {

void attachElementwiseModels(mlir::MLIRContext *context);
void attachMoveModels(mlir::MLIRContext *context);
void attachPoolingModels(mlir::MLIRContext *context);
void attachQuantizationModels(mlir::MLIRContext *context);
void attachWeightedModels(mlir::MLIRContext *context);

} // namespace qopt::detail

#endif // QOPT_LIB_EXECUTIONENGINE_MODELREGISTRATION_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"

#include "ModelRegistration.h"

#include "mlir/IR/DialectRegistry.h"

using namespace qopt;

void qopt::registerEvaluationModels(mlir::DialectRegistry &registry) {
  registry.addExtension(+[](mlir::MLIRContext *context, QOptDialect *) {
    detail::attachElementwiseModels(context);
    detail::attachMoveModels(context);
    detail::attachPoolingModels(context);
    detail::attachQuantizationModels(context);
    detail::attachWeightedModels(context);
  });
}

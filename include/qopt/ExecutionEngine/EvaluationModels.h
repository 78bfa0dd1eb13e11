// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The meaning of every qopt op as plain C++, attached from outside of the dialect.
#ifndef QOPT_EXECUTIONENGINE_EVALUATIONMODELS_H
#define QOPT_EXECUTIONENGINE_EVALUATIONMODELS_H

namespace mlir {
class DialectRegistry;
}

namespace qopt {

/// Implements EvaluationOpInterface for the ops of the qopt dialect: float loops on levels 1 and 2,
/// the reference integer kernels on level 3.
void registerEvaluationModels(mlir::DialectRegistry &registry);

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_EVALUATIONMODELS_H

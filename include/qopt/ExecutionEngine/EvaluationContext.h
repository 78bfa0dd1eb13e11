// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an op sees while it is evaluated: its operands' values, and where its results go.
#ifndef QOPT_EXECUTIONENGINE_EVALUATIONCONTEXT_H
#define QOPT_EXECUTIONENGINE_EVALUATIONCONTEXT_H

#include "qopt/ExecutionEngine/Tensor.h"

#include "mlir/IR/Operation.h"

namespace qopt {

/// Handed to EvaluationOpInterface::evaluate.
class EvaluationContext {
public:
  virtual ~EvaluationContext() = default;

  /// The value of an operand.
  virtual const Tensor &get(mlir::Value value) const = 0;

  /// Sets a result.
  virtual void set(mlir::Value value, Tensor tensor) = 0;

  /// Shows the int32 accumulator of `op`, before requantization, to whoever taps it.
  virtual void showAccumulator(mlir::Operation *op, const Tensor &accumulator) {}
};

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_EVALUATIONCONTEXT_H

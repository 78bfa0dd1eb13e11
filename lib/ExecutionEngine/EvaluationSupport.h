// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From types and attributes of the IR to the arguments of the kernels.
#ifndef QOPT_LIB_EXECUTIONENGINE_EVALUATIONSUPPORT_H
#define QOPT_LIB_EXECUTIONENGINE_EVALUATIONSUPPORT_H

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"
#include "qopt/ExecutionEngine/EvaluationContext.h"
#include "qopt/Quantization/ReferenceKernels.h"

namespace qopt::detail {

/// A per-tensor quantized operand with its zero point.
numerics::Operand getOperand(const EvaluationContext &context, mlir::Value value);

numerics::Window getWindow(const Window &window);

/// Zero point and storage bounds of a result, its clamp included.
struct ResultBounds {
  int32_t zeroPoint;
  llvm::SmallVector<int32_t> lo, hi;

  numerics::OutputRule rule() const { return {zeroPoint, lo, hi}; }
};
ResultBounds getResultBounds(mlir::Value result, const ClampBounds &clamp);
/// Without a clamp.
ResultBounds getResultBounds(mlir::Value result);

/// A new tensor of the result's shape: reals, or codes.
Tensor makeResult(mlir::Value result);

/// The operands of a float op.
inline numerics::ConstView<float> getReals(const EvaluationContext &context, mlir::Value value) {
  return context.get(value).realView();
}

/// Applies a clamp to a float result in place; no work where there is none.
void clampInPlace(Tensor &tensor, const ClampBounds &clamp);

/// Sets `op`'s only result after filling it: fill(view of reals).
template <typename Fill>
llvm::Error setReals(mlir::Operation *op, EvaluationContext &context, Fill fill) {
  Tensor result = makeResult(op->getResult(0));
  fill(result.writeReals());
  context.set(op->getResult(0), std::move(result));
  return llvm::Error::success();
}

/// The same for a quantized result: fill(view of codes).
template <typename Fill>
llvm::Error setCodes(mlir::Operation *op, EvaluationContext &context, Fill fill) {
  Tensor result = makeResult(op->getResult(0));
  fill(result.writeCodes());
  context.set(op->getResult(0), std::move(result));
  return llvm::Error::success();
}

} // namespace qopt::detail

#endif // QOPT_LIB_EXECUTIONENGINE_EVALUATIONSUPPORT_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EvaluationSupport.h"

#include "qopt/Quantization/FloatKernels.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

numerics::Operand qopt::detail::getOperand(const EvaluationContext &context, Value value) {
  return {context.get(value).codeView(), getGrid(value).zeroPoint};
}

numerics::Window qopt::detail::getWindow(const Window &window) {
  return {window.height.kernel,   window.width.kernel,   window.height.stride, window.width.stride,
          window.height.dilation, window.width.dilation, window.height.padLow, window.width.padLow};
}

/// Bounds in real units as stored values.
static SmallVector<int32_t> storeBounds(ArrayRef<float> bounds, const numerics::Grid &grid) {
  return llvm::map_to_vector(bounds, [&](float bound) { return storageBound(bound, grid); });
}

ResultBounds qopt::detail::getResultBounds(Value result, const ClampBounds &clamp) {
  numerics::Grid grid = getGrid(result);
  return {grid.zeroPoint, storeBounds(clamp.min, grid), storeBounds(clamp.max, grid)};
}

ResultBounds qopt::detail::getResultBounds(Value result) {
  numerics::Grid grid = getGrid(result);
  return {grid.zeroPoint, {grid.storage.min}, {grid.storage.max}};
}

Tensor qopt::detail::makeResult(Value result) {
  auto type = cast<RankedTensorType>(result.getType());
  return type.getElementType().isF32() ? Tensor::makeReals(type.getShape())
                                       : Tensor::makeCodes(type.getShape());
}

void qopt::detail::clampInPlace(Tensor &tensor, const ClampBounds &clamp) {
  if (!clamp.isIdentity())
    numerics::clampFloat(tensor.realView(), clamp.min, clamp.max, tensor.writeReals());
}

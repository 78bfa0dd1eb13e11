// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of pools and means.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

/// Rank, kernel, strides, pads and shape of a pool over `dilations`.
template <typename OpTy> static LogicalResult verifyPool(OpTy op, ArrayRef<int64_t> dilations) {
  if (failed(verifyRank(op, "C1", "an input", op.getInput(), 4)) ||
      failed(verifyRank(op, "C1", "a result", op.getOutput(), 4)) ||
      failed(verifyNumbers(op, "C2", "kernel sizes", op.getKernel(), 2, 1)) ||
      failed(verifyWindow(op, "C2", op.getStrides(), op.getPads(), dilations)))
    return failure();
  int64_t channels = getChannels(op.getInput());
  if (channels != getChannels(op.getOutput()))
    return op.emitOpError("C1: expected as many channels in the result as in the input");
  Window window = Window::get(op.getKernel(), op.getStrides(), op.getPads(), dilations);
  if (failed(verifyPadsInsideWindow(op, "C2", window)))
    return failure();
  return verifyWindowShape(op, "C3", window, op.getInput(), op.getOutput(), channels);
}

LogicalResult AvgPool2DOp::verify() {
  if (failed(verifyPool(*this, {1, 1})))
    return failure();
  return verifyPerTensor(*this, "C4", {getInput(), getOutput()});
}

LogicalResult MaxPool2DOp::verify() {
  if (failed(verifyPool(*this, getDilations())) ||
      failed(verifySameElementType(*this, "C1", getInput(), getOutput())))
    return failure();
  return verifyPerTensor(*this, "C1", getInput());
}

LogicalResult ReduceMeanOp::verify() {
  ArrayRef<int64_t> input = getShape(getInput()), axes = getAxes();
  int64_t previous = -1;
  for (int64_t axis : axes) {
    if (axis <= previous || axis >= static_cast<int64_t>(input.size()))
      return emitOpError("C1: axes must be distinct, ascending and inside the rank");
    previous = axis;
  }
  SmallVector<int64_t> expected;
  for (auto [i, size] : llvm::enumerate(input)) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(i)))
      expected.push_back(size);
    else if (getKeepDims())
      expected.push_back(1);
  }
  if (failed(verifyShape(*this, "C2", "a result", getOutput(), expected)))
    return failure();
  return verifyPerTensor(*this, "C3", {getInput(), getOutput()});
}

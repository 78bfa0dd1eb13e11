// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the ops that move values without arithmetic.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

/// Same element type, not quantized per axis: an axis does not survive a change of shape.
static LogicalResult verifyMovedType(Operation *op, StringRef label, Value input, Value output) {
  if (failed(verifySameElementType(op, label, input, output)))
    return failure();
  return verifyPerTensor(op, label, input);
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("C1: expected at least one operand");
  int64_t rank = getShape(getOutput()).size();
  for (Value input : getInputs())
    if (failed(verifyRank(*this, "C1", "an operand", input, rank)) ||
        failed(verifyMovedType(*this, "C1", input, getOutput())))
      return failure();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError("C2: axis ") << axis << " is outside of the rank " << rank;
  SmallVector<int64_t> expected(getShape(getInputs().front()));
  for (Value input : getInputs().drop_front()) {
    ArrayRef<int64_t> shape = getShape(input);
    for (int64_t i = 0; i < rank; ++i)
      if (i != axis && shape[i] != expected[i])
        return emitOpError("C2: operands differ in dimension ") << i;
    expected[axis] += shape[axis];
  }
  return verifyShape(*this, "C2", "a result", getOutput(), expected);
}

LogicalResult PadOp::verify() {
  ArrayRef<int64_t> input = getShape(getInput());
  if (failed(verifyNumbers(*this, "C1", "low pads", getLow(), input.size(), 0)) ||
      failed(verifyNumbers(*this, "C1", "high pads", getHigh(), input.size(), 0)))
    return failure();
  SmallVector<int64_t> expected;
  for (auto [size, low, high] : llvm::zip(input, getLow(), getHigh()))
    expected.push_back(low + size + high);
  if (failed(verifyShape(*this, "C2", "a result", getOutput(), expected)) ||
      failed(verifyMovedType(*this, "C2", getInput(), getOutput())))
    return failure();
  return getValue().isNaN() ? emitOpError("C3: the padding is NaN") : success();
}

LogicalResult ReshapeOp::verify() {
  if (getInput().getType().getNumElements() != getOutput().getType().getNumElements())
    return emitOpError("C1: expected ")
           << getInput().getType().getNumElements() << " elements in the result, got "
           << getOutput().getType().getNumElements();
  return verifyMovedType(*this, "C2", getInput(), getOutput());
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> input = getShape(getInput()), permutation = getPermutation();
  SmallVector<bool> seen(input.size(), false);
  bool valid = permutation.size() == input.size();
  for (size_t i = 0; valid && i < permutation.size(); ++i) {
    int64_t from = permutation[i];
    valid = from >= 0 && from < static_cast<int64_t>(input.size()) && !seen[from];
    if (valid)
      seen[from] = true;
  }
  if (!valid)
    return emitOpError("C1: `permutation` must permute the dimensions of the input");
  SmallVector<int64_t> expected;
  for (int64_t from : permutation)
    expected.push_back(input[from]);
  if (failed(verifyShape(*this, "C2", "a result", getOutput(), expected)))
    return failure();
  return verifyMovedType(*this, "C2", getInput(), getOutput());
}

LogicalResult SliceOp::verify() {
  ArrayRef<int64_t> input = getShape(getInput()), output = getShape(getOutput());
  if (failed(verifyNumbers(*this, "C1", "starts", getStarts(), input.size(), 0)) ||
      failed(verifyNumbers(*this, "C1", "steps", getSteps(), input.size(), 1)) ||
      failed(verifyRank(*this, "C2", "a result", getOutput(), input.size())))
    return failure();
  for (auto [i, size] : llvm::enumerate(output)) {
    int64_t last = input[i] - 1 - getStarts()[i];
    if (last < 0 || size - 1 > last / getSteps()[i])
      return emitOpError("C2: dimension ") << i << " reads outside of the input";
  }
  return verifyMovedType(*this, "C2", getInput(), getOutput());
}

LogicalResult ResizeNearestOp::verify() {
  if (failed(verifyRank(*this, "C1", "an input", getInput(), 4)) ||
      failed(verifyRank(*this, "C1", "a result", getOutput(), 4)) ||
      failed(verifyNumbers(*this, "C1", "scales", getScales(), 2, 1)))
    return failure();
  ArrayRef<int64_t> input = getShape(getInput());
  SmallVector<int64_t> expected = {input[0], multiplySizes(input[1], getScales()[0]),
                                   multiplySizes(input[2], getScales()[1]), input[3]};
  if (failed(verifyShape(*this, "C2", "a result", getOutput(), expected)))
    return failure();
  return verifyMovedType(*this, "C2", getInput(), getOutput());
}

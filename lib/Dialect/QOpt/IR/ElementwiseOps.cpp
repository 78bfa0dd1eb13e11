// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of element-wise arithmetic, clamps, lookups and softmax.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

//===----------------------------------------------------------------------===//
// AddOp, SubOp, MulOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyBroadcast(Operation *op, Value operand, Value output) {
  ArrayRef<int64_t> from = getShape(operand), to = getShape(output);
  bool fits = from.size() == to.size();
  for (size_t i = 0; fits && i < to.size(); ++i)
    fits = from[i] == to[i] || from[i] == 1;
  return fits ? success()
              : op->emitOpError("C1: an operand does not broadcast to the shape of the result");
}

template <typename OpTy> static LogicalResult verifyBinary(OpTy op) {
  if (failed(verifyBroadcast(op, op.getLhs(), op.getOutput())) ||
      failed(verifyBroadcast(op, op.getRhs(), op.getOutput())))
    return failure();
  ArrayRef<int64_t> left = getShape(op.getLhs()), right = getShape(op.getRhs());
  for (auto [i, size] : llvm::enumerate(getShape(op.getOutput())))
    if (size != std::max(left[i], right[i]) && size != 0)
      return op.emitOpError("C1: dimension ") << i << " of the result is that of neither operand";
  if (failed(
          verifyClamp(op, "C2", op.getClampMin(), op.getClampMax(), getChannels(op.getOutput()))))
    return failure();
  return verifyPerTensor(op, "C3", {op.getLhs(), op.getRhs(), op.getOutput()});
}

LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult SubOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }

//===----------------------------------------------------------------------===//
// ClampOp, UnaryOp
//===----------------------------------------------------------------------===//

LogicalResult ClampOp::verify() {
  if (getInput().getType() != getOutput().getType())
    return emitOpError("C1: expected the type of the input in the result");
  if (failed(verifyClamp(*this, "C2", getClampMin(), getClampMax(), getChannels(getInput()))))
    return failure();
  if (!getClampMin() && !getClampMax())
    return emitOpError("C3: expected a lower or an upper bound");
  return verifyPerTensor(*this, "C1", getInput());
}

LogicalResult UnaryOp::verify() {
  return verifyShape(*this, "C1", "a result", getOutput(), getShape(getInput()));
}

//===----------------------------------------------------------------------===//
// LookupOp, SoftmaxOp
//===----------------------------------------------------------------------===//

static bool isPerTensor8Bit(Value value) {
  auto type =
      dyn_cast_or_null<quant::UniformQuantizedType>(getQuantizedElementType(value.getType()));
  return type && type.getStorageTypeIntegralWidth() == 8;
}

LogicalResult LookupOp::verify() {
  if (failed(verifyShape(*this, "C1", "a result", getOutput(), getShape(getInput()))))
    return failure();
  if (!isPerTensor8Bit(getInput()) || !isPerTensor8Bit(getOutput()))
    return emitOpError("C1: expected 8-bit types quantized per tensor");
  if (failed(verifyShape(*this, "C2", "a table", getTable(), {256})))
    return failure();
  if (!getElementTypeOrSelf(getTable()).isInteger(8))
    return emitOpError("C2: expected a table of i8");
  return success();
}

LogicalResult SoftmaxOp::verify() {
  if (failed(verifyShape(*this, "C1", "a result", getOutput(), getShape(getInput()))))
    return failure();
  if (isQuantized(getInput()) && !isPerTensor8Bit(getInput()))
    return emitOpError("C3: expected an 8-bit input quantized per tensor");
  if (!isQuantized(getOutput()))
    return success();
  auto type = dyn_cast<quant::UniformQuantizedType>(getQuantizedElementType(getOutput().getType()));
  if (!type || type.getScale() != 1.0 / 256 || type.getZeroPoint() != type.getStorageTypeMin() ||
      type.getStorageTypeMax() - type.getStorageTypeMin() != 255)
    return emitOpError("C2: expected a result with the scale 1/256 and the least storage value of "
                       "8 bits as zero point");
  return success();
}

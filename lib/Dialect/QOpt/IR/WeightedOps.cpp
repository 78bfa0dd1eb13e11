// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers with constant weights, and batch normalization, which folds into them.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

//===----------------------------------------------------------------------===//
// Constraints that the three layers share
//===----------------------------------------------------------------------===//

static LogicalResult verifyBias(WeightedOpInterface op, int64_t channels) {
  Value bias = op.getBiasValue();
  if (!bias)
    return success();
  if (failed(verifyShape(op, "C5", "a bias", bias, {channels})))
    return failure();
  bool quantized = isQuantized(op.getActivationValue());
  Type elementType = getElementTypeOrSelf(bias);
  if (quantized ? elementType.isInteger(32) : elementType.isF32())
    return success();
  return op->emitOpError("C5: expected a bias of ") << (quantized ? "i32" : "f32");
}

static LogicalResult verifyWeightTypes(WeightedOpInterface op) {
  auto perAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(
      getQuantizedElementType(op.getWeightsValue().getType()));
  if (perAxis && perAxis.getQuantizedDimension() != op.getOutputChannelAxis())
    return op->emitOpError("C8: expected weights quantized per tensor or along dimension ")
           << op.getOutputChannelAxis();
  return verifyPerTensor(op, "C8", {op.getActivationValue(), op->getResult(0)});
}

static LogicalResult verifyFloatResult(WeightedOpInterface op, Value residual) {
  if (!isQuantized(op.getActivationValue()) || isQuantized(op->getResult(0)))
    return success();
  auto clamped = cast<ClampedOpInterface>(op.getOperation());
  if (residual || clamped.getClampMinAttr() || clamped.getClampMaxAttr())
    return op->emitOpError("C9: a float result of quantized operands has no residual and no clamp");
  return success();
}

/// C5, C7, C8 and C9, once the shapes are known to agree.
template <typename OpTy>
static LogicalResult verifyWeighted(OpTy op, int64_t channels, Value residual = {}) {
  auto weighted = cast<WeightedOpInterface>(op.getOperation());
  if (failed(verifyBias(weighted, channels)) ||
      failed(verifyClamp(op, "C7", op.getClampMin(), op.getClampMax(), channels)) ||
      failed(verifyWeightTypes(weighted)))
    return failure();
  return verifyFloatResult(weighted, residual);
}

//===----------------------------------------------------------------------===//
// Conv2DOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyGroups(Conv2DOp op) {
  int64_t groups = op.getGroups(), inputs = getChannels(op.getInput());
  int64_t outputs = getShape(op.getWeights())[0], perGroup = getChannels(op.getWeights());
  if (groups < 1 || inputs % groups || outputs % groups)
    return op.emitOpError("C3: ") << groups << " groups do not divide " << inputs << " input and "
                                  << outputs << " output channels";
  if (perGroup != inputs / groups)
    return op.emitOpError("C3: expected weights for ")
           << inputs / groups << " input channels per group, got " << perGroup;
  return success();
}

static LogicalResult verifyResidual(Conv2DOp op) {
  if (!op.getResidual())
    return success();
  if (failed(verifyShape(op, "C6", "a residual", op.getResidual(), getShape(op.getOutput()))) ||
      failed(verifyPerTensor(op, "C6", op.getResidual())))
    return failure();
  if (isQuantized(op.getResidual()) && getContract(op) != Contract::Fp32)
    return op.emitOpError("C6: a quantized residual needs the contract fp32");
  return success();
}

LogicalResult Conv2DOp::verify() {
  if (failed(verifyRank(*this, "C1", "an input", getInput(), 4)) ||
      failed(verifyRank(*this, "C1", "weights", getWeights(), 4)) ||
      failed(verifyRank(*this, "C1", "a result", getOutput(), 4)) ||
      failed(verifyWindow(*this, "C2", getStrides(), getPads(), getDilations())) ||
      failed(verifyGroups(*this)))
    return failure();
  ArrayRef<int64_t> weights = getShape(getWeights());
  if (failed(verifyNumbers(*this, "C4", "kernel sizes", weights.slice(1, 2), 2, 1)))
    return failure();
  Window window = Window::get(weights.slice(1, 2), getStrides(), getPads(), getDilations());
  if (failed(verifyWindowShape(*this, "C4", window, getInput(), getOutput(), weights[0])) ||
      failed(verifyResidual(*this)))
    return failure();
  return verifyWeighted(*this, weights[0], getResidual());
}

int64_t Conv2DOp::getOutputChannelAxis() { return 0; }

int64_t Conv2DOp::getReductionSize() {
  ArrayRef<int64_t> weights = getShape(getWeights());
  return weights[1] * weights[2] * weights[3];
}

int64_t Conv2DOp::getMacs() {
  return multiplySizes(getOutput().getType().getNumElements(), getReductionSize());
}

//===----------------------------------------------------------------------===//
// DepthwiseConv2DOp
//===----------------------------------------------------------------------===//

LogicalResult DepthwiseConv2DOp::verify() {
  if (failed(verifyRank(*this, "C1", "an input", getInput(), 4)) ||
      failed(verifyRank(*this, "C1", "weights", getWeights(), 3)) ||
      failed(verifyRank(*this, "C1", "a result", getOutput(), 4)) ||
      failed(verifyWindow(*this, "C2", getStrides(), getPads(), getDilations())))
    return failure();
  ArrayRef<int64_t> weights = getShape(getWeights());
  int64_t inputs = getChannels(getInput()), outputs = weights[2];
  if (inputs < 1 || outputs % inputs)
    return emitOpError("C3: expected weights for a multiple of ")
           << inputs << " channels, got " << outputs;
  if (failed(verifyNumbers(*this, "C4", "kernel sizes", weights.take_front(2), 2, 1)))
    return failure();
  Window window = Window::get(weights.take_front(2), getStrides(), getPads(), getDilations());
  if (failed(verifyWindowShape(*this, "C4", window, getInput(), getOutput(), outputs)))
    return failure();
  return verifyWeighted(*this, outputs);
}

int64_t DepthwiseConv2DOp::getOutputChannelAxis() { return 2; }

int64_t DepthwiseConv2DOp::getReductionSize() {
  ArrayRef<int64_t> weights = getShape(getWeights());
  return weights[0] * weights[1];
}

int64_t DepthwiseConv2DOp::getMacs() {
  return multiplySizes(getOutput().getType().getNumElements(), getReductionSize());
}

//===----------------------------------------------------------------------===//
// MatmulOp
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::verify() {
  if (failed(verifyRank(*this, "C1", "an input", getInput(), 2)) ||
      failed(verifyRank(*this, "C1", "weights", getWeights(), 2)) ||
      failed(verifyRank(*this, "C1", "a result", getOutput(), 2)))
    return failure();
  ArrayRef<int64_t> input = getShape(getInput()), weights = getShape(getWeights());
  if (input[1] != weights[1])
    return emitOpError("C4: the input has ")
           << input[1] << " columns, the weights have " << weights[1];
  if (failed(verifyShape(*this, "C4", "a result", getOutput(), {input[0], weights[0]})))
    return failure();
  return verifyWeighted(*this, weights[0]);
}

int64_t MatmulOp::getOutputChannelAxis() { return 0; }

int64_t MatmulOp::getReductionSize() { return getShape(getWeights())[1]; }

int64_t MatmulOp::getMacs() {
  return multiplySizes(getOutput().getType().getNumElements(), getReductionSize());
}

//===----------------------------------------------------------------------===//
// BatchNormOp
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  int64_t channels = getChannels(getInput());
  for (Value parameter : {getScale(), getOffset(), getMean(), getVariance()})
    if (failed(verifyShape(*this, "C1", "a parameter", parameter, {channels})))
      return failure();
  float epsilon = getEpsilon().convertToFloat();
  if (!std::isfinite(epsilon) || epsilon < 0)
    return emitOpError("C2: epsilon must be finite and not negative");
  return verifyShape(*this, "C3", "a result", getOutput(), getShape(getInput()));
}

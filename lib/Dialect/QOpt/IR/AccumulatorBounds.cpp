// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Worst cases of integer accumulators, from storage bounds and constant parameters.
//
// A tap adds (q_x - z_x) * w with q_x anywhere in its storage bounds, so the largest and the least
// sum take the better end of the bounds tap by tap. Padding adds 0, which lies between the ends
// because the zero point is a stored value.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/ChannelIndex.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

static uint64_t getMagnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

static std::optional<uint64_t> getWeightedBound(WeightedOpInterface op) {
  std::optional<QuantParams> input = getQuantParams(op.getActivationValue().getType());
  std::optional<QuantParams> grid = getQuantParams(op.getWeightsValue().getType());
  ConstantOp weights = getConstant(op.getWeightsValue());
  if (!input || !grid || !weights)
    return std::nullopt;
  std::optional<SmallVector<int32_t>> codes = getCodes(weights);
  if (!codes)
    return std::nullopt;

  ChannelIndex channelOf(getShape(op.getWeightsValue()), op.getOutputChannelAxis());
  SmallVector<int64_t> highest(channelOf.size(), 0), lowest(channelOf.size(), 0);
  if (Value bias = op.getBiasValue()) {
    ConstantOp constant = getConstant(bias);
    auto values = constant ? getInt32s(constant) : std::nullopt;
    if (!values)
      return std::nullopt;
    highest.assign(values->begin(), values->end());
    lowest = highest;
  }
  int64_t low = int64_t(input->storageMin) - input->zeroPoint(0);
  int64_t high = int64_t(input->storageMax) - input->zeroPoint(0);
  for (auto [index, code] : llvm::enumerate(*codes)) {
    int64_t channel = channelOf(index);
    int64_t weight = int64_t(code) - grid->zeroPoint(channel);
    highest[channel] += std::max(low * weight, high * weight);
    lowest[channel] += std::min(low * weight, high * weight);
  }
  uint64_t bound = 0;
  for (auto [top, bottom] : llvm::zip(highest, lowest))
    bound = std::max({bound, getMagnitude(top), getMagnitude(bottom)});
  return bound;
}

std::optional<uint64_t> Conv2DOp::getAccumulatorBound() {
  return getWeightedBound(cast<WeightedOpInterface>(getOperation()));
}
std::optional<uint64_t> DepthwiseConv2DOp::getAccumulatorBound() {
  return getWeightedBound(cast<WeightedOpInterface>(getOperation()));
}
std::optional<uint64_t> MatmulOp::getAccumulatorBound() {
  return getWeightedBound(cast<WeightedOpInterface>(getOperation()));
}

/// `count` summands |q_x - z_x|.
static std::optional<uint64_t> getSumBound(Value input, uint64_t count) {
  std::optional<QuantParams> grid = getQuantParams(input.getType());
  if (!grid)
    return std::nullopt;
  int64_t zeroPoint = grid->zeroPoint(0);
  return count * std::max(getMagnitude(grid->storageMin - zeroPoint),
                          getMagnitude(grid->storageMax - zeroPoint));
}

std::optional<uint64_t> AvgPool2DOp::getAccumulatorBound() {
  return getSumBound(getInput(), getKernel()[0] * getKernel()[1]);
}

std::optional<uint64_t> ReduceMeanOp::getAccumulatorBound() {
  uint64_t count = 1;
  for (int64_t axis : getAxes())
    count *= getShape(getInput())[axis];
  return getSumBound(getInput(), count);
}

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
#include "qopt/Quantization/AccumulatorBound.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

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
  SmallVector<numerics::AccumulatorInterval> channels(channelOf.size());
  if (Value bias = op.getBiasValue()) {
    ConstantOp constant = getConstant(bias);
    auto values = constant ? getInt32s(constant) : std::nullopt;
    if (!values)
      return std::nullopt;
    for (auto [channel, value] : llvm::zip(channels, *values))
      channel.addConstant(value);
  }
  int64_t low = int64_t(input->storageMin) - input->zeroPoint(0);
  int64_t high = int64_t(input->storageMax) - input->zeroPoint(0);
  channelOf.forEach(codes->size(), [&](int64_t index, int64_t channel) {
    channels[channel].addWeight(int64_t((*codes)[index]) - grid->zeroPoint(channel), low, high);
  });
  int64_t bound = 0;
  for (const numerics::AccumulatorInterval &channel : channels)
    bound = std::max(bound, channel.maxAbs());
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

/// Of `count` summands q_x - z_x.
static std::optional<uint64_t> getSumBound(Value input, int64_t count) {
  std::optional<QuantParams> grid = getQuantParams(input.getType());
  if (!grid)
    return std::nullopt;
  numerics::Storage storage{grid->storageMin, grid->storageMax};
  return numerics::boundSum(storage, grid->zeroPoint(0), count).maxAbs();
}

/// Taps in the padding add nothing, so a window larger than the input counts the input.
std::optional<uint64_t> AvgPool2DOp::getAccumulatorBound() {
  ArrayRef<int64_t> shape = getShape(getInput());
  return getSumBound(getInput(),
                     std::min(getKernel()[0], shape[1]) * std::min(getKernel()[1], shape[2]));
}

std::optional<uint64_t> ReduceMeanOp::getAccumulatorBound() {
  int64_t count = 1;
  for (int64_t axis : getAxes())
    count *= getShape(getInput())[axis];
  return getSumBound(getInput(), count);
}

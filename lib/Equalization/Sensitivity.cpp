// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sensitivity.h"

#include "ChannelWeights.h"
#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Transforms/ParameterUtils.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static int64_t getElements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

std::vector<double> &Sensitivities::at(Value value) {
  std::vector<double> &own = after[value];
  if (own.empty())
    own.assign(getShape(value).empty() ? 1 : getShape(value).back(), 0.0);
  return own;
}

std::vector<double> Sensitivities::getBeforeClamp(Value value) const {
  std::vector<double> result = get(value);
  const ChannelSums &sums = statistics->find(value)->second;
  for (auto [c, sensitivity] : llvm::enumerate(result))
    sensitivity *= sums.getShareInside(c);
  return result;
}

/// Noise that is independent between the products adds up by the squares of the weights.
static void passThroughLayer(WeightedOpInterface layer, ArrayRef<double> result,
                             std::vector<double> &input) {
  ChannelWeights weights(layer);
  const WeightLayout &layout = weights.layout;
  const float *square = weights.squares.data();
  for (int64_t o = 0; o < layout.numOutputs(); ++o)
    for (int64_t j = 0; j < layout.numRead(); ++j)
      input[layout.getInput(o, j)] += result[o] * *square++;
}

/// The number of values that an averaging op takes the mean of; 1 for other ops.
static int64_t getMeanSize(Operation *op) {
  return TypeSwitch<Operation *, int64_t>(op)
      .Case([](AvgPool2DOp pool) { return pool.getKernel()[0] * pool.getKernel()[1]; })
      .Case([](ReduceMeanOp mean) {
        return getElements(mean.getInput()) / std::max<int64_t>(getElements(mean.getOutput()), 1);
      })
      .Default([](Operation *) { return 1; });
}

void Sensitivities::pass(Operation *op, const std::vector<double> &result) {
  if (auto layer = dyn_cast<WeightedOpInterface>(op); layer && hasLayerParameters(layer)) {
    passThroughLayer(layer, result, at(layer.getActivationValue()));
    if (auto conv = dyn_cast<Conv2DOp>(op); conv && conv.getResidual())
      for (auto [target, value] : llvm::zip_equal(at(conv.getResidual()), result))
        target += value;
    return;
  }
  double gain = 1.0 / getMeanSize(op); // n independent errors with weight 1 / n
  size_t next = 0; // where the operand's channels begin in the result: moves on in a concat
  auto concat = dyn_cast<ConcatOp>(op);
  bool alongChannels = concat && concat.getAxis() + 1 == getShape(op->getResult(0)).size();
  forEachActivation(op, [&](OpOperand &operand) {
    if (!isa<RankedTensorType>(operand.get().getType()))
      return;
    std::vector<double> &input = at(operand.get());
    // A last dimension that is folded or unfolded repeats the channels of the shorter one.
    size_t count = alongChannels ? input.size() : std::max(input.size(), result.size());
    for (size_t c = 0; c < count; ++c)
      input[c % input.size()] += gain * result[(next + c) % result.size()];
    next += alongChannels ? input.size() : 0;
  });
}

void Sensitivities::visit(Operation *op) {
  if (isa<func::ReturnOp>(op)) {
    for (Value operand : op->getOperands()) {
      std::vector<double> &own = at(operand);
      for (double &sensitivity : own)
        sensitivity += static_cast<double>(getElements(operand)) / own.size();
    }
    return;
  }
  if (op->getNumResults() != 1 || !statistics->contains(op->getResult(0)))
    return;
  at(op->getResult(0)); // zeros if nobody reads it
  pass(op, getBeforeClamp(op->getResult(0)));
}

Sensitivities Sensitivities::compute(func::FuncOp function, const ChannelStatistics &statistics) {
  Sensitivities result;
  result.statistics = &statistics;
  for (Value argument : function.getArguments())
    result.at(argument);
  for (Operation &op : llvm::reverse(function.front()))
    result.visit(&op);
  return result;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChannelCopies.h"

#include "ChannelWeights.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Transforms/ParameterUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

SmallVector<WeightedOpInterface> qopt::getMakers(const ChannelPath &path) {
  SmallVector<WeightedOpInterface> makers{path.source};
  for (Operation *op : path.between)
    if (isa<DepthwiseConv2DOp>(op))
      makers.push_back(cast<WeightedOpInterface>(op));
  return makers;
}

static void storeParameters(WeightedOpInterface layer, const LayerParameters &parameters) {
  OpBuilder builder(layer);
  SmallVector<int64_t> shape(cast<RankedTensorType>(layer.getWeightsValue().getType()).getShape());
  setLayerParameters(builder, layer, shape, parameters);
}

/// Wherever the path clamps, a copy has the bounds of its channel.
static void copyBounds(const ChannelPath &path, ArrayRef<ChannelCopy> copies) {
  SmallVector<Operation *> ops(path.between);
  ops.push_back(WeightedOpInterface(path.source).getOperation());
  for (Operation *op : ops) {
    auto clamped = dyn_cast<ClampedOpInterface>(op);
    if (!clamped)
      continue;
    ClampBounds bounds = getClampBounds(clamped);
    for (SmallVector<float> *values : {&bounds.min, &bounds.max})
      if (values->size() > 1)
        for (ChannelCopy copy : copies)
          (*values)[copy.slot] = (*values)[copy.live];
    setClampBounds(clamped, bounds);
  }
}

/// Copies weights and bias of the live channels and moves the pairs apart by `shift`, where their
/// inputs are apart by `inputShift` already.
static void copyOutputs(WeightedOpInterface layer, ArrayRef<ChannelCopy> copies, double inputShift,
                        double shift) {
  std::optional<LayerParameters> parameters = getLayerParameters(layer);
  WeightLayout layout(layer);
  SmallVector<SmallVector<int64_t>> indices(layout.numOutputs());
  layout.forEach([&](int64_t index, int64_t o, int64_t) { indices[o].push_back(index); });
  for (ChannelCopy copy : copies) {
    for (auto [to, from] : llvm::zip_equal(indices[copy.slot], indices[copy.live]))
      parameters->weights[to] = parameters->weights[from];
    double bias = parameters->bias[copy.live], moved = shift;
    for (int64_t index : indices[copy.live])
      moved -= inputShift * parameters->weights[index];
    parameters->bias[copy.live] = static_cast<float>(bias - moved);
    parameters->bias[copy.slot] = static_cast<float>(bias + moved);
  }
  storeParameters(layer, *parameters);
}

/// Calls visit(live, slot, o, channel) for the two weights with which output channel `o` of the
/// reader reads a channel and its copy in slot `channel`.
template <typename VisitFn>
static void forEachShared(const ChannelPath &path, ArrayRef<ChannelCopy> copies,
                          LayerParameters &parameters, VisitFn &&visit) {
  SmallVector<int64_t> liveOf(path.channels, -1);
  for (ChannelCopy copy : copies)
    liveOf[copy.slot] = copy.live;
  // A flattened input repeats the channels; a slot and its live channel are in the same period.
  WeightLayout(path.reader).forEach([&](int64_t index, int64_t o, int64_t j) {
    int64_t channel = j % path.channels, live = liveOf[channel];
    if (live >= 0)
      visit(parameters.weights[index + live - channel], parameters.weights[index], o, channel);
  });
}

/// The reader takes the constants into its bias and half of either copy.
static void shareInputs(const ChannelPath &path, ArrayRef<ChannelCopy> copies,
                        const ChannelConstants &constants) {
  LayerParameters parameters = *getLayerParameters(path.reader);
  SmallVector<double> bias(parameters.bias.begin(), parameters.bias.end());
  forEachShared(path, copies, parameters,
                [&](float &live, float &slot, int64_t o, int64_t channel) {
                  bias[o] += *constants[channel] * slot;
                  live *= 0.5f;
                  slot = live;
                });
  for (auto [target, value] : llvm::zip_equal(parameters.bias, bias))
    target = static_cast<float>(value);
  storeParameters(path.reader, parameters);
}

/// The steps that the weights' grids will have, by output channel.
static std::vector<double> getWeightSteps(const WeightLayout &layout, ArrayRef<float> weights,
                                          bool perChannel) {
  std::vector<double> steps(layout.numOutputs(), 0.0);
  double whole = 0.0;
  layout.forEach([&](int64_t index, int64_t o, int64_t) {
    steps[o] = std::max<double>(steps[o], std::fabs(weights[index]) / 127);
    whole = std::max(whole, steps[o]);
  });
  return perChannel ? steps : std::vector<double>(steps.size(), whole);
}

void qopt::spreadSharedWeights(const ChannelPath &path, ArrayRef<ChannelCopy> copies,
                               bool perChannelWeights) {
  LayerParameters parameters = *getLayerParameters(path.reader);
  std::vector<double> steps =
      getWeightSteps(WeightLayout(path.reader), parameters.weights, perChannelWeights);
  forEachShared(path, copies, parameters, [&](float &live, float &slot, int64_t o, int64_t) {
    double shift = steps[o] / 4;
    // Zeros are on the grid, and the grid is not to grow.
    if (slot == 0.0f || std::fabs(slot) + shift > 127 * steps[o])
      return;
    slot = static_cast<float>(slot + shift);
    live = static_cast<float>(live - shift);
  });
  storeParameters(path.reader, parameters);
}

void qopt::makeCopies(const ChannelPath &path, ArrayRef<ChannelCopy> copies,
                      const ChannelConstants &constants, ArrayRef<double> shifts) {
  copyBounds(path, copies);
  // What a layer before has put apart is taken back first. The inputs of the source are no copies.
  double before = 0.0;
  for (auto [maker, shift] : llvm::zip_equal(getMakers(path), shifts)) {
    copyOutputs(maker, copies, before, shift);
    before = shift;
  }
  shareInputs(path, copies, constants);
}

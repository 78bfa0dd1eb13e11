// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-split-into-dead-slots: see Passes.td.
#include "qopt/Equalization/Passes.h"

#include "ChannelWeights.h"
#include "Sensitivity.h"

#include "qopt/Calibration/CalibratedPass.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Transforms/ChannelPath.h"
#include "qopt/Transforms/ParameterUtils.h"

namespace qopt {
#define GEN_PASS_DEF_SPLITINTODEADSLOTS
#include "qopt/Equalization/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

static void storeParameters(WeightedOpInterface layer, const LayerParameters &parameters) {
  OpBuilder builder(layer);
  SmallVector<int64_t> shape(cast<RankedTensorType>(layer.getWeightsValue().getType()).getShape());
  setLayerParameters(builder, layer, shape, parameters);
}

namespace {

/// One way of channels, on which constant ones are given to live ones.
class PathSplitter {
public:
  PathSplitter(const ChannelPath &path, const Measurements &measured, double offset)
      : path(path), measured(measured), offset(offset) {}

  /// Returns the number of channels that got a copy.
  unsigned run();

private:
  /// A live channel and the constant one that takes its copy.
  struct Pair {
    int64_t live, slot;
  };

  SmallVector<Operation *> getMakers() const;
  double getStep(Operation *op) const;
  std::vector<double> getNoise() const;
  SmallVector<Pair> choosePairs(const ChannelConstants &constants) const;
  void copyBounds(ArrayRef<Pair> pairs) const;
  void copyOutputs(WeightedOpInterface layer, ArrayRef<Pair> pairs, double inputShift,
                   double shift) const;
  void shareInputs(ArrayRef<Pair> pairs, const ChannelConstants &constants) const;

  const ChannelPath &path;
  const Measurements &measured;
  double offset;
};

} // namespace

/// The layers of the path whose results are rounded, in order.
SmallVector<Operation *> PathSplitter::getMakers() const {
  WeightedOpInterface source = path.source;
  SmallVector<Operation *> makers{source.getOperation()};
  for (Operation *op : path.between)
    if (isa<DepthwiseConv2DOp>(op))
      makers.push_back(op);
  return makers;
}

/// The step of the 8-bit grid that the result of `op` will have.
double PathSplitter::getStep(Operation *op) const {
  const ChannelSums &sums = measured.statistics.find(op->getResult(0))->second;
  float low = 0.0f, high = 0.0f;
  for (auto [min, max] : llvm::zip_equal(sums.min, sums.max)) {
    low = std::min(low, min);
    high = std::max(high, max);
  }
  return (double{high} - low) / 255;
}

/// The energy that rounding each channel puts into the outputs, from all layers of the path.
std::vector<double> PathSplitter::getNoise() const {
  std::vector<double> noise(path.channels, 0.0);
  for (Operation *op : getMakers()) {
    double step = getStep(op);
    for (auto [c, sensitivity] : llvm::enumerate(measured.sensitivities.get(op->getResult(0))))
      noise[c] += sensitivity * step * step;
  }
  return noise;
}

/// The noisiest live channels, as many as there are constant ones. A live channel gets one copy.
SmallVector<PathSplitter::Pair> PathSplitter::choosePairs(const ChannelConstants &constants) const {
  std::vector<double> noise = getNoise();
  SmallVector<int64_t> live, slots;
  for (auto [c, constant] : llvm::enumerate(constants))
    (constant ? slots : live).push_back(c);
  llvm::stable_sort(live, [&](int64_t a, int64_t b) { return noise[a] > noise[b]; });
  SmallVector<Pair> pairs;
  for (auto [channel, slot] : llvm::zip(live, slots))
    pairs.push_back({channel, slot});
  return pairs;
}

/// Wherever the path clamps, a copy has the bounds of its channel.
void PathSplitter::copyBounds(ArrayRef<Pair> pairs) const {
  SmallVector<Operation *> ops(path.between);
  ops.push_back(WeightedOpInterface(path.source).getOperation());
  for (Operation *op : ops) {
    auto clamped = dyn_cast<ClampedOpInterface>(op);
    if (!clamped)
      continue;
    ClampBounds bounds = getClampBounds(clamped);
    for (SmallVector<float> *values : {&bounds.min, &bounds.max})
      if (values->size() > 1)
        for (Pair pair : pairs)
          (*values)[pair.slot] = (*values)[pair.live];
    setClampBounds(clamped, bounds);
  }
}

/// Copies weights and bias of the live channels and moves the pairs apart by `shift`, where their
/// inputs are apart by `inputShift` already.
void PathSplitter::copyOutputs(WeightedOpInterface layer, ArrayRef<Pair> pairs, double inputShift,
                               double shift) const {
  std::optional<LayerParameters> parameters = getLayerParameters(layer);
  WeightLayout layout(layer);
  SmallVector<SmallVector<int64_t>> indices(path.channels);
  layout.forEach([&](int64_t index, int64_t o, int64_t) { indices[o].push_back(index); });
  for (Pair pair : pairs) {
    for (auto [to, from] : llvm::zip_equal(indices[pair.slot], indices[pair.live]))
      parameters->weights[to] = parameters->weights[from];
    double bias = parameters->bias[pair.live], moved = shift;
    for (int64_t index : indices[pair.live])
      moved -= inputShift * parameters->weights[index];
    parameters->bias[pair.live] = static_cast<float>(bias - moved);
    parameters->bias[pair.slot] = static_cast<float>(bias + moved);
  }
  storeParameters(layer, *parameters);
}

/// The reader takes the constants into its bias and half of either copy.
void PathSplitter::shareInputs(ArrayRef<Pair> pairs, const ChannelConstants &constants) const {
  WeightedOpInterface reader = path.reader;
  std::optional<LayerParameters> parameters = getLayerParameters(reader);
  WeightLayout layout(reader);
  SmallVector<int64_t> liveOf(path.channels, -1);
  for (Pair pair : pairs)
    liveOf[pair.slot] = pair.live;

  SmallVector<double> bias(parameters->bias.begin(), parameters->bias.end());
  // A flattened input repeats the channels; a slot and its live channel are in the same period.
  layout.forEach([&](int64_t index, int64_t o, int64_t j) {
    int64_t channel = j % path.channels, live = liveOf[channel];
    if (live < 0)
      return;
    float &slotWeight = parameters->weights[index];
    float &liveWeight = parameters->weights[index + live - channel];
    bias[o] += *constants[channel] * slotWeight;
    liveWeight *= 0.5f;
    slotWeight = liveWeight;
  });
  for (auto [target, value] : llvm::zip_equal(parameters->bias, bias))
    target = static_cast<float>(value);
  storeParameters(reader, *parameters);
}

unsigned PathSplitter::run() {
  SmallVector<PaddedChannel> padded; // qopt-drop-dead-channels will say so
  ChannelConstants constants = followConstants(path, padded);
  SmallVector<Pair> pairs = choosePairs(constants);
  if (pairs.empty())
    return 0;
  copyBounds(pairs);
  // At every layer that rounds: what a layer before has put apart is taken back first. The inputs
  // of the source are no copies.
  double before = 0.0;
  for (Operation *maker : getMakers()) {
    double shift = offset * getStep(maker);
    copyOutputs(cast<WeightedOpInterface>(maker), pairs, before, shift);
    before = shift;
  }
  shareInputs(pairs, constants);
  return pairs.size();
}

namespace {

struct SplitIntoDeadSlotsPass : qopt::impl::SplitIntoDeadSlotsBase<SplitIntoDeadSlotsPass> {
  using SplitIntoDeadSlotsBase::SplitIntoDeadSlotsBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error run();
};

} // namespace

llvm::Error SplitIntoDeadSlotsPass::run() {
  if (data.empty())
    return llvm::createStringError("splitting channels needs example inputs (data=X.npy) to find "
                                   "the noisiest");
  llvm::Expected<func::FuncOp> network = selectFloatNetwork(getOperation(), function);
  if (!network)
    return network.takeError();
  llvm::Expected<Measurements> measured = measureNetwork(*network, data);
  if (!measured)
    return measured.takeError();
  // A list of their own: splitting erases constants that a walk may come to next.
  SmallVector<WeightedOpInterface> layers;
  network->walk([&](WeightedOpInterface layer) { layers.push_back(layer); });
  for (WeightedOpInterface layer : layers)
    if (std::optional<ChannelPath> path = getChannelPath(layer))
      numSplit += PathSplitter(*path, *measured, offset).run();
  return llvm::Error::success();
}

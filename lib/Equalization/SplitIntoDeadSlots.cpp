// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-split-into-dead-slots: see Passes.td.
#include "qopt/Equalization/Passes.h"

#include "ChannelCopies.h"
#include "Sensitivity.h"

#include "qopt/Calibration/CalibratedPass.h"

namespace qopt {
#define GEN_PASS_DEF_SPLITINTODEADSLOTS
#include "qopt/Equalization/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

/// The step of the 8-bit grid that the result of `op` will have.
static double getStep(WeightedOpInterface op, const ChannelStatistics &statistics) {
  const ChannelSums &sums = statistics.find(op->getResult(0))->second;
  float low = 0.0f, high = 0.0f;
  for (auto [min, max] : llvm::zip_equal(sums.min, sums.max)) {
    low = std::min(low, min);
    high = std::max(high, max);
  }
  return (double{high} - low) / 255;
}

/// The energy that rounding each channel puts into the outputs, from all layers of the path.
static std::vector<double> getNoise(const ChannelPath &path, const Measurements &measured) {
  std::vector<double> noise(path.channels, 0.0);
  for (WeightedOpInterface maker : getMakers(path)) {
    double step = getStep(maker, measured.statistics);
    for (auto [c, sensitivity] : llvm::enumerate(measured.sensitivities.get(maker->getResult(0))))
      noise[c] += sensitivity * step * step;
  }
  return noise;
}

/// The noisiest live channels, as many as there are constant ones. A live channel gets one copy.
static SmallVector<ChannelCopy> chooseCopies(ArrayRef<double> noise,
                                             const ChannelConstants &constants) {
  SmallVector<int64_t> live, slots;
  for (auto [c, constant] : llvm::enumerate(constants))
    (constant ? slots : live).push_back(c);
  llvm::stable_sort(live, [&](int64_t a, int64_t b) { return noise[a] > noise[b]; });
  SmallVector<ChannelCopy> copies;
  for (auto [channel, slot] : llvm::zip(live, slots))
    copies.push_back({channel, slot});
  return copies;
}

/// Returns the number of channels that got a copy.
static unsigned splitPath(const ChannelPath &path, const Measurements &measured, double offset) {
  SmallVector<PaddedChannel> padded; // qopt-drop-dead-channels will say so
  ChannelConstants constants = followConstants(path, padded);
  SmallVector<ChannelCopy> copies = chooseCopies(getNoise(path, measured), constants);
  if (copies.empty())
    return 0;
  SmallVector<double> shifts;
  for (WeightedOpInterface maker : getMakers(path))
    shifts.push_back(offset * getStep(maker, measured.statistics));
  makeCopies(path, copies, constants, shifts);
  return copies.size();
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
      numSplit += splitPath(*path, *measured, offset);
  return llvm::Error::success();
}

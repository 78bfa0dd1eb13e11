// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-split-outliers: see Passes.td.
#include "qopt/Equalization/Passes.h"

#include "ChannelCopies.h"
#include "OutlierSearch.h"

#include "qopt/Calibration/CalibratedPass.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace qopt {
#define GEN_PASS_DEF_SPLITOUTLIERS
#include "qopt/Equalization/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct SplitOutliersPass : qopt::impl::SplitOutliersBase<SplitOutliersPass> {
  using SplitOutliersBase::SplitOutliersBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error checkOptions() const;
  llvm::Error run();
  void split(func::FuncOp network, const ScaleGraph &graph, const Measurements &measured);
};

} // namespace

/// The step of the 8-bit grid that `value` will have once its channels are divided by their scales.
static double getStep(Value value, const ChannelStatistics &statistics, const ScaleGraph &graph,
                      ArrayRef<double> logScales) {
  const ChannelSums &sums = statistics.find(value)->second;
  double low = 0.0, high = 0.0;
  for (auto [c, scale] : llvm::enumerate(graph.getScales(value))) {
    low = std::min(low, sums.min[c] * std::exp(-logScales[scale]));
    high = std::max(high, sums.max[c] * std::exp(-logScales[scale]));
  }
  return (high - low) / 255;
}

/// Appends the copies to the path.
static void widen(WidenedPath &widened, ArrayRef<double> shifts, bool perChannelWeights) {
  ChannelPath &path = widened.path;
  auto channels = llvm::to_vector(llvm::seq<int64_t>(0, path.channels));
  SmallVector<ChannelCopy> copies;
  for (int64_t channel : widened.twice) {
    copies.push_back({channel, static_cast<int64_t>(channels.size())});
    channels.push_back(channel);
    widened.constants.push_back(0.0);
  }
  selectChannels(path, channels, widened.constants);
  makeCopies(path, copies, widened.constants, shifts);
  spreadSharedWeights(path, copies, perChannelWeights);
}

llvm::Error SplitOutliersPass::checkOptions() const {
  if (llvm::Error error = checkNoiseOptions(weights, weightNoise))
    return error;
  // Negated, so that NaN is refused as well.
  if (!(share >= 0 && share <= 1))
    return llvm::createStringError("share %g is not between 0 and 1", share.getValue());
  if (granularity < 1)
    return llvm::createStringError("granularity must be at least 1");
  if (data.empty())
    return llvm::createStringError("splitting outliers needs example inputs (data=X.npy) to find "
                                   "them");
  return llvm::Error::success();
}

static double countMacs(func::FuncOp network) {
  double macs = 0.0;
  network.walk([&](WeightedOpInterface layer) { macs += layer.getMacs(); });
  return macs;
}

static std::vector<WidenedPath> findPaths(func::FuncOp network) {
  std::vector<WidenedPath> paths;
  network.walk([&](WeightedOpInterface layer) {
    if (std::optional<ChannelPath> path = getChannelPath(layer))
      paths.emplace_back(*path);
  });
  return paths;
}

void SplitOutliersPass::split(func::FuncOp network, const ScaleGraph &graph,
                              const Measurements &measured) {
  bool perChannel = weights == "per-channel";
  NoiseModel model(network, graph, measured, perChannel, weightNoise);
  std::vector<WidenedPath> paths = findPaths(network);
  double macs = countMacs(network), added = 0.0;
  NoiseMinimum minimum =
      chooseCopies(model, graph, paths, {share * macs, granularity, steps, rate});
  applyScales(graph, network, minimum.logScales);
  unsigned copies = 0;
  for (WidenedPath &path : paths) {
    if (path.twice.empty())
      continue;
    SmallVector<double> shifts;
    for (WeightedOpInterface maker : getMakers(path.path))
      shifts.push_back(offset *
                       getStep(maker->getResult(0), measured.statistics, graph, minimum.logScales));
    added += path.getAddedMacs();
    copies += path.twice.size();
    widen(path, shifts, perChannel);
  }
  numSplit += copies;
  if (minimum.before > 0.0)
    // At the location alone: an operation's own remark would print all of the network.
    emitRemark(network->getLoc())
        << llvm::formatv(
               "predicted noise of the outputs: {0:E3} before, {1:E3} with new scales and "
               "copies of channels ({2:F1} dB); copies: {3}, {4:F1} % more "
               "multiply-accumulates",
               minimum.before, minimum.after, 10.0 * std::log10(minimum.after / minimum.before),
               copies, 100 * added / macs)
               .str();
}

llvm::Error SplitOutliersPass::run() {
  if (llvm::Error error = checkOptions())
    return error;
  llvm::Expected<func::FuncOp> network = selectFloatNetwork(getOperation(), function);
  if (!network)
    return network.takeError();
  FailureOr<ScaleGraph> graph = ScaleGraph::build(*network);
  if (failed(graph)) {
    signalPassFailure(); // it has said why
    return llvm::Error::success();
  }
  llvm::Expected<Measurements> measured = measureNetwork(*network, data);
  if (!measured)
    return measured.takeError();
  split(*network, *graph, *measured);
  return llvm::Error::success();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OutlierSearch.h"

#include "ChannelCopies.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

/// More rounds change little.
constexpr unsigned kRounds = 4;

WidenedPath::WidenedPath(const ChannelPath &path) : path(path) {
  SmallVector<PaddedChannel> padded; // qopt-drop-dead-channels will say so
  constants = followConstants(path, padded);
  SmallVector<WeightedOpInterface> layers = getMakers(path);
  layers.push_back(path.reader);
  for (WeightedOpInterface layer : layers)
    cost += static_cast<double>(layer.getMacs()) / path.channels;
}

int64_t WidenedPath::countChannels() const {
  auto isLive = [](const std::optional<double> &constant) { return !constant; };
  return llvm::count_if(constants, isLive) + static_cast<int64_t>(twice.size());
}

double WidenedPath::getAddedMacs() const {
  return cost * std::max<int64_t>(countChannels() - path.channels, 0);
}

namespace {

/// Channels of one path that may get copies, all or none.
struct Candidate {
  WidenedPath *path;
  SmallVector<int64_t> channels;
  double gain; ///< energy that the copies take away, to first order
  double cost; ///< multiply-accumulates
};

class OutlierSearch {
public:
  OutlierSearch(NoiseModel &model, const ScaleGraph &graph, MutableArrayRef<WidenedPath> paths,
                const OutlierSearchOptions &options)
      : model(model), graph(graph), paths(paths), options(options) {}

  NoiseMinimum run();

private:
  NoiseMinimum minimize(unsigned steps, ArrayRef<double> start) const;
  std::vector<double> getGains(const WidenedPath &path, const NoiseMinimum &minimum) const;
  std::optional<Candidate> getCandidate(WidenedPath &path, const NoiseMinimum &minimum) const;
  double spend(double budget, const NoiseMinimum &minimum);

  NoiseModel &model;
  const ScaleGraph &graph;
  MutableArrayRef<WidenedPath> paths;
  const OutlierSearchOptions &options;
};

} // namespace

NoiseMinimum OutlierSearch::minimize(unsigned steps, ArrayRef<double> start) const {
  return minimizeNoise(model, graph, {steps, options.rate, start.vec()});
}

/// By channel, from the rounding of its activations and from the peaks of the reader's weights.
std::vector<double> OutlierSearch::getGains(const WidenedPath &widened,
                                            const NoiseMinimum &minimum) const {
  const ChannelPath &path = widened.path;
  std::vector<double> gains(path.channels, 0.0);
  SmallVector<Operation *> ops(path.between);
  ops.push_back(WeightedOpInterface(path.source).getOperation());
  for (Operation *op : ops) {
    double share = 1.0 - NoiseModel::getShareOfCopies(op->getResult(0));
    std::vector<double> noise = model.getActivationNoise(op->getResult(0), minimum.logScales);
    for (auto [c, energy] : llvm::enumerate(noise))
      gains[c % gains.size()] += share * energy;
  }
  auto peaks = minimum.peaks.find(WeightedOpInterface(path.reader));
  if (peaks != minimum.peaks.end())
    for (auto [c, slope] : llvm::enumerate(peaks->second))
      gains[c % gains.size()] += std::log(2.0) * slope;
  return gains;
}

/// The channels that gain most, as many as there are constant ones to take their place, or as many
/// as fill up the next block.
std::optional<Candidate> OutlierSearch::getCandidate(WidenedPath &path,
                                                     const NoiseMinimum &minimum) const {
  std::vector<double> gains = getGains(path, minimum);
  SmallVector<int64_t> channels;
  for (int64_t c = 0; c < path.path.channels; ++c)
    if (gains[c] > 0 && !path.constants[c] && !llvm::is_contained(path.twice, c))
      channels.push_back(c);
  int64_t used = path.countChannels(), slots = path.path.channels - used;
  int64_t block = options.granularity, count = slots > 0 ? slots : block - used % block;
  if (channels.empty() || (slots <= 0 && count > static_cast<int64_t>(channels.size())))
    return std::nullopt;
  llvm::stable_sort(channels, [&](int64_t a, int64_t b) { return gains[a] > gains[b]; });
  channels.truncate(std::min<size_t>(count, channels.size()));
  Candidate candidate{&path, channels, 0.0, slots > 0 ? 0.0 : path.cost * count};
  for (int64_t channel : channels)
    candidate.gain += gains[channel];
  return candidate;
}

/// Takes what gains most per multiply-accumulate; one block of a path at a time, for the gains are
/// those of the present scales. Returns what it cost.
double OutlierSearch::spend(double budget, const NoiseMinimum &minimum) {
  std::vector<Candidate> candidates;
  for (WidenedPath &path : paths)
    if (std::optional<Candidate> candidate = getCandidate(path, minimum))
      candidates.push_back(std::move(*candidate));
  llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
    return a.gain * b.cost > b.gain * a.cost;
  });
  double spent = 0.0;
  for (const Candidate &candidate : candidates) {
    if (spent + candidate.cost > budget)
      continue;
    spent += candidate.cost;
    for (int64_t channel : candidate.channels) {
      candidate.path->twice.push_back(channel);
      model.addCopy(candidate.path->path, channel);
    }
  }
  return spent;
}

NoiseMinimum OutlierSearch::run() {
  unsigned steps = options.steps / (kRounds + 1);
  NoiseMinimum minimum = minimize(steps, {});
  double before = minimum.before, spent = 0.0;
  for (unsigned round = 0; round < kRounds; ++round) {
    spent += spend(options.budget - spent, minimum);
    minimum = minimize(steps, minimum.logScales);
  }
  minimum.before = before;
  return minimum;
}

NoiseMinimum qopt::chooseCopies(NoiseModel &model, const ScaleGraph &graph,
                                MutableArrayRef<WidenedPath> paths,
                                const OutlierSearchOptions &options) {
  return OutlierSearch(model, graph, paths, options).run();
}

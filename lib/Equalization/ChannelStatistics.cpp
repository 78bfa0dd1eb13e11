// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChannelStatistics.h"

#include "qopt/Calibration/CalibratedPass.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace qopt;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

ChannelSums::ChannelSums(int64_t channels)
    : sum(channels), min(channels, kInfinity), max(channels, -kInfinity), low(channels),
      high(channels) {}

void ChannelSums::add(ArrayRef<float> values) {
  size_t channels = sum.size();
  for (size_t begin = 0; begin + channels <= values.size(); begin += channels) {
    const float *pixel = values.data() + begin;
    for (size_t c = 0; c < channels; ++c) {
      sum[c] += pixel[c];
      min[c] = std::min(min[c], pixel[c]);
      max[c] = std::max(max[c], pixel[c]);
    }
    ++count;
  }
}

void ChannelSums::endRun() {
  runs = 1;
  for (auto [extremes, seen] : {std::pair(&low, &min), std::pair(&high, &max)})
    for (auto [c, value] : llvm::enumerate(*seen)) {
      extremes->sum[c] = value;
      extremes->squares[c] = double{value} * value;
    }
}

double ChannelSums::getRare(int64_t channel, const Extremes &extremes,
                            const std::vector<float> &seen, double sign) const {
  // The quantile of 0.999 is that many standard deviations over the mean:
  // (-log(-log(0.999)) - Euler's constant) sqrt(6) / pi.
  constexpr double kDeviations = 4.935;
  if (runs < 2)
    return seen[channel];
  double mean = extremes.sum[channel] / runs;
  double variance = std::max(extremes.squares[channel] / runs - mean * mean, 0.0);
  double rare = mean + sign * kDeviations * std::sqrt(variance * runs / (runs - 1));
  return sign * std::max(sign * rare, sign * double{seen[channel]});
}

void ChannelSums::merge(const ChannelSums &other) {
  count += other.count;
  runs += other.runs;
  for (size_t c = 0; c < sum.size(); ++c) {
    sum[c] += other.sum[c];
    min[c] = std::min(min[c], other.min[c]);
    max[c] = std::max(max[c], other.max[c]);
    for (auto [own, others] : {std::pair(&low, &other.low), std::pair(&high, &other.high)}) {
      own->sum[c] += others->sum[c];
      own->squares[c] += others->squares[c];
    }
  }
}

bool qopt::isActivation(Operation *op) {
  return op->getNumResults() == 1 && !isa<ConstantOp>(op) &&
         isa<RankedTensorType>(op->getResult(0).getType());
}

static int64_t getChannels(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getRank() == 0 ? 1 : type.getDimSize(type.getRank() - 1);
}

namespace {

class StatisticsRun {
public:
  static llvm::Expected<StatisticsRun> create(func::FuncOp function, const SampleSource &source);
  llvm::Error run();
  ChannelStatistics take();

private:
  StatisticsRun(func::FuncOp function, const SampleSource &source)
      : function(function), source(source) {}

  void addValue(Value value);
  llvm::Expected<std::vector<ChannelSums>> runSample(int64_t sample) const;
  llvm::Error checkFinite(int64_t sample, const std::vector<ChannelSums> &sums) const;

  func::FuncOp function;
  const SampleSource &source;
  std::unique_ptr<FloatEngine> engine;
  SmallVector<Value> values;
  llvm::DenseMap<Operation *, unsigned> indices;
  std::vector<ChannelSums> totals;
};

} // namespace

void StatisticsRun::addValue(Value value) {
  values.push_back(value);
  totals.emplace_back(getChannels(value));
}

llvm::Expected<StatisticsRun> StatisticsRun::create(func::FuncOp function,
                                                    const SampleSource &source) {
  StatisticsRun run(function, source);
  for (Value argument : function.getArguments())
    run.addValue(argument);
  for (Operation &op : function.getOps()) {
    if (!isActivation(&op))
      continue;
    run.indices[&op] = run.values.size();
    run.addValue(op.getResult(0));
  }
  FloatEngineOptions options;
  options.tapped = isActivation;
  auto engine = createFloatEngine(function, options);
  if (!engine)
    return engine.takeError();
  run.engine = std::move(*engine);
  return run;
}

llvm::Error StatisticsRun::checkFinite(int64_t sample, const std::vector<ChannelSums> &sums) const {
  for (auto [value, seen] : llvm::zip_equal(values, sums))
    if (!llvm::all_of(seen.sum, [](double sum) { return std::isfinite(sum); }))
      return llvm::createStringError(
          source.describeBatch(sample) + ": '" +
          (value.getDefiningOp() ? getLayerName(value.getDefiningOp()) : StringRef("the input")) +
          "' becomes NaN or infinite; check the network's weights and the scale of its input");
  return llvm::Error::success();
}

llvm::Expected<std::vector<ChannelSums>> StatisticsRun::runSample(int64_t sample) const {
  auto inputs = source.getBatch(sample);
  if (!inputs)
    return inputs.takeError();
  std::vector<ChannelSums> sums;
  for (const ChannelSums &total : totals)
    sums.emplace_back(total.sum.size());
  auto fold = [&](unsigned index, ArrayRef<float> elements) { sums[index].add(elements); };
  for (auto [index, input] : llvm::enumerate(*inputs))
    fold(index, input);
  auto tap = [&](Operation *op, ArrayRef<float> elements) { fold(indices.lookup(op), elements); };
  SmallVector<ArrayRef<float>> views(inputs->begin(), inputs->end());
  if (llvm::Error error = engine->run(views, tap))
    return error;
  if (llvm::Error error = checkFinite(sample, sums))
    return error;
  for (ChannelSums &seen : sums)
    seen.endRun();
  return sums;
}

/// Samples of a block run in parallel and are folded in order, so that sums do not depend on which
/// thread was first.
llvm::Error StatisticsRun::run() {
  MLIRContext *context = function.getContext();
  unsigned threads = getNumThreads(context);
  int64_t total = source.numBatches(), block = 4 * int64_t{threads};
  for (int64_t begin = 0; begin < total; begin += block) {
    std::vector<std::vector<ChannelSums>> seen(std::min(block, total - begin));
    auto observe = [&](int64_t index) -> llvm::Error {
      auto sums = runSample(begin + index);
      if (!sums)
        return sums.takeError();
      seen[index] = std::move(*sums);
      return llvm::Error::success();
    };
    if (llvm::Error error = parallelFor(threads, seen.size(), observe))
      return error;
    for (const auto &sample : seen)
      for (auto [sums, part] : llvm::zip_equal(totals, sample))
        sums.merge(part);
  }
  return llvm::Error::success();
}

ChannelStatistics StatisticsRun::take() {
  ChannelStatistics statistics;
  for (auto [value, sums] : llvm::zip_equal(values, totals))
    statistics[value] = std::move(sums);
  return statistics;
}

llvm::Expected<ChannelStatistics> qopt::collectChannelStatistics(func::FuncOp function,
                                                                 StringRef path) {
  llvm::Expected<SampleSource> source = SampleSource::open(function, path);
  if (!source)
    return source.takeError();
  auto run = StatisticsRun::create(function, *source);
  if (!run)
    return run.takeError();
  if (llvm::Error error = run->run())
    return std::move(error);
  return run->take();
}

llvm::Expected<func::FuncOp> qopt::selectFloatNetwork(ModuleOp module, StringRef name) {
  return selectNetwork(module, name,
                       {[](func::FuncOp) { return true; }, "network", "the module has no network"});
}

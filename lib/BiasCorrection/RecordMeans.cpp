// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/BiasCorrection/Passes.h"

#include "LinearLayer.h"
#include "Means.h"
#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Calibration/SampleSource.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include <cmath>

namespace qopt {
#define GEN_PASS_DEF_RECORDMEANS
#include "qopt/BiasCorrection/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// Sums over a value's elements: those that a layer's weights meet, or all, channel by channel.
struct Statistic {
  Value value;
  std::optional<LinearLayer> layer;
  int64_t first = 0, count = 0; ///< its sums among all
};

/// Sums up what flows through a network and turns it into means.
class MeanRecorder {
public:
  MeanRecorder(func::FuncOp function, const SampleSource &source)
      : function(function), source(source), threads(getNumThreads(function.getContext())) {
    for (Operation &op : function.getOps())
      addStatistics(&op);
    totals.resize(numSums);
  }

  llvm::Error run();
  llvm::Error annotate();

private:
  void addStatistics(Operation *op);
  void addStatistic(Value value, std::optional<LinearLayer> layer = std::nullopt);
  llvm::Error runBlock(const FloatEngine &engine, int64_t begin, int64_t end);
  llvm::Error runBatch(const FloatEngine &engine, int64_t batch, std::vector<double> &sums) const;
  void addValues(Value value, ArrayRef<float> values, std::vector<double> &sums) const;

  std::vector<double> getMeans(Value value) const;
  std::vector<double> getLayerMeans(WeightedOpInterface op) const;
  llvm::Error setMeans(Operation *op, ArrayRef<double> before);

  func::FuncOp function;
  const SampleSource &source;
  unsigned threads;
  std::vector<Statistic> statistics;
  llvm::DenseMap<Value, SmallVector<size_t, 2>> byValue;
  llvm::DenseMap<Operation *, size_t> byLayer;
  std::vector<double> totals;
  int64_t numSums = 0;
};

struct RecordMeansPass : qopt::impl::RecordMeansBase<RecordMeansPass> {
  using RecordMeansBase::RecordMeansBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error run();
};

} // namespace

//===----------------------------------------------------------------------===//
// What to sum
//===----------------------------------------------------------------------===//

static int64_t getNumChannels(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().back();
}

void MeanRecorder::addStatistic(Value value, std::optional<LinearLayer> layer) {
  int64_t count = layer ? layer->numSums() : getNumChannels(value);
  byValue[value].push_back(statistics.size());
  statistics.push_back({value, layer, numSums, count});
  numSums += count;
}

/// Parameters in the place of activations never come by; such layers are left as they are.
void MeanRecorder::addStatistics(Operation *op) {
  if (auto layer = dyn_cast<WeightedOpInterface>(op)) {
    if (getConstant(layer.getActivationValue()) || !getConstant(layer.getWeightsValue()))
      return;
    byLayer[op] = statistics.size();
    addStatistic(layer.getActivationValue(), LinearLayer(layer));
    addStatistic(op->getResult(0));
  } else if (auto add = dyn_cast<AddOp>(op); add && findResidualConv(add)) {
    byLayer[op] = statistics.size();
    for (Value value : add->getOperands())
      addStatistic(value);
    addStatistic(add.getOutput());
  }
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

void MeanRecorder::addValues(Value value, ArrayRef<float> values, std::vector<double> &sums) const {
  auto found = byValue.find(value);
  if (found == byValue.end())
    return;
  for (size_t index : found->second) {
    const Statistic &statistic = statistics[index];
    auto own = MutableArrayRef(sums).slice(statistic.first, statistic.count);
    if (statistic.layer)
      statistic.layer->addInputs(values.data(), own);
    else
      addChannels(values, own);
  }
}

llvm::Error MeanRecorder::runBatch(const FloatEngine &engine, int64_t batch,
                                   std::vector<double> &sums) const {
  auto inputs = source.getBatch(batch);
  if (!inputs)
    return inputs.takeError();
  sums.assign(numSums, 0.0);
  SmallVector<ArrayRef<float>> views(inputs->begin(), inputs->end());
  func::FuncOp network = function;
  for (auto [argument, view] : llvm::zip_equal(network.getArguments(), views))
    addValues(argument, view, sums);
  return engine.run(views, [&](Operation *op, ArrayRef<float> values) {
    addValues(op->getResult(0), values, sums);
  });
}

llvm::Error MeanRecorder::runBlock(const FloatEngine &engine, int64_t begin, int64_t end) {
  std::vector<std::vector<double>> parts(end - begin);
  if (llvm::Error error = parallelFor(threads, end - begin, [&](int64_t index) {
        return runBatch(engine, begin + index, parts[index]);
      }))
    return error;
  for (const std::vector<double> &part : parts)
    for (auto [total, sum] : llvm::zip_equal(totals, part))
      total += sum;
  return llvm::Error::success();
}

llvm::Error MeanRecorder::run() {
  auto isTapped = [&](Operation *op) {
    return op->getNumResults() == 1 && byValue.contains(op->getResult(0));
  };
  FloatEngineOptions options;
  options.tapped = isTapped;
  auto engine = createFloatEngine(function, options);
  if (!engine)
    return engine.takeError();
  // A block is small, so that the sums in flight are few.
  int64_t total = source.numBatches(), block = 4 * int64_t{threads};
  for (int64_t begin = 0; begin < total; begin += block)
    if (llvm::Error error = runBlock(**engine, begin, std::min(total, begin + block)))
      return error;
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

std::vector<double> MeanRecorder::getMeans(Value value) const {
  for (size_t index : byValue.find(value)->second) {
    const Statistic &statistic = statistics[index];
    if (statistic.layer)
      continue;
    int64_t elements = cast<RankedTensorType>(value.getType()).getNumElements();
    double count = double(elements / statistic.count) * double(source.numBatches());
    ArrayRef<double> sums = ArrayRef(totals).slice(statistic.first, statistic.count);
    std::vector<double> means(sums.begin(), sums.end());
    for (double &mean : means)
      mean /= count;
    return means;
  }
  return {};
}

std::vector<double> MeanRecorder::getLayerMeans(WeightedOpInterface op) const {
  const Statistic &statistic = statistics[byLayer.lookup(op)];
  SmallVector<float> weights = *getFloats(getConstant(op.getWeightsValue()));
  std::vector<double> means =
      statistic.layer->apply(ArrayRef(totals).slice(statistic.first, statistic.count),
                             [&](int64_t index, int64_t) { return double(weights[index]); });
  double count = double(statistic.layer->numPixels()) * double(source.numBatches());
  SmallVector<float> bias;
  if (ConstantOp constant = op.getBiasValue() ? getConstant(op.getBiasValue()) : ConstantOp())
    bias = *getFloats(constant);
  for (auto [channel, mean] : llvm::enumerate(means))
    mean = mean / count + (bias.empty() ? 0.0 : double(bias[channel]));
  return means;
}

static llvm::Error setAttr(Operation *op, StringRef name, ArrayRef<double> means) {
  SmallVector<float> values(means.begin(), means.end());
  if (!llvm::all_of(values, [](float value) { return std::isfinite(value); }))
    return llvm::createStringError("layer '" + getLayerName(op) +
                                   "' becomes NaN or infinite; check the network's weights and "
                                   "the scale of its input");
  op->setAttr(name, DenseF32ArrayAttr::get(op->getContext(), values));
  return llvm::Error::success();
}

llvm::Error MeanRecorder::setMeans(Operation *op, ArrayRef<double> before) {
  if (llvm::Error error = setAttr(op, kMeanBeforeAttr, before))
    return error;
  return setAttr(op, kMeanAfterAttr, getMeans(op->getResult(0)));
}

llvm::Error MeanRecorder::annotate() {
  for (Operation &op : function.getOps()) {
    if (!byLayer.contains(&op))
      continue;
    std::vector<double> before;
    if (auto add = dyn_cast<AddOp>(op)) {
      before = getMeans(add.getLhs());
      for (auto [mean, other] : llvm::zip_equal(before, getMeans(add.getRhs())))
        mean += other;
    } else {
      before = getLayerMeans(cast<WeightedOpInterface>(op));
    }
    if (llvm::Error error = setMeans(&op, before))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error RecordMeansPass::run() {
  if (data.empty())
    return llvm::createStringError("recording means needs example inputs (data=X.npy)");
  llvm::Expected<func::FuncOp> network = selectLayered(getOperation(), function);
  if (!network)
    return network.takeError();
  if (!network->getOps<FakeQuantOp>().empty())
    return llvm::createStringError("network '" + network->getName() +
                                   "' is simulated already: its means are no longer those of the "
                                   "float network");
  llvm::Expected<SampleSource> source = SampleSource::open(*network, data);
  if (!source)
    return source.takeError();
  MeanRecorder recorder(*network, *source);
  if (llvm::Error error = recorder.run())
    return error;
  return recorder.annotate();
}

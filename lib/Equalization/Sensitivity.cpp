// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sensitivity.h"

#include "Backpropagation.h"
#include "qopt/Calibration/CalibratedPass.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include <random>

using namespace mlir;
using namespace qopt;

/// Runs that are enough, for every sensitivity sums over many elements and only ratios between them
/// matter.
constexpr int64_t kMostRuns = 32;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static size_t getRowSize(Value value) {
  return getShape(value).empty() ? 1 : std::max<int64_t>(getShape(value).back(), 1);
}

/// Random signs less the mean of their row. The same on every machine.
static std::vector<float> makeProbe(Value output, std::mt19937_64 &random) {
  std::vector<float> probe(cast<RankedTensorType>(output.getType()).getNumElements());
  for (float &sign : probe)
    sign = random() & 1 ? 1.0f : -1.0f;
  size_t row = getRowSize(output);
  if (row == 1)
    return probe; // a single value is not compared with others
  for (size_t begin = 0; begin < probe.size(); begin += row) {
    float mean = 0.0f;
    for (size_t i = 0; i < row; ++i)
      mean += probe[begin + i] / static_cast<float>(row);
    for (size_t i = 0; i < row; ++i)
      probe[begin + i] -= mean;
  }
  return probe;
}

namespace qopt {

/// Backpropagates random signs from the outputs (Hutchinson 1990: the square of such a derivative
/// is on average the sum of the squares of all outputs' derivatives). A recursion over squared
/// weights would do without, but takes errors of neighbouring pixels and channels for independent
/// after every layer; they add up, and on MobileNet it misjudges early layers against late ones by
/// a factor of twenty.
class SensitivityRun {
public:
  SensitivityRun(func::FuncOp function, const ChannelStatistics &statistics,
                 const SampleSource &source, const FloatEngine &engine)
      : function(function), statistics(statistics), source(source), engine(engine) {}

  llvm::Expected<Sensitivities> measure();

private:
  llvm::Expected<std::unique_ptr<Backpropagation>>
  backpropagate(int64_t sample, llvm::DenseMap<Value, Tensor> &values) const;
  llvm::Error runBlock(int64_t begin, int64_t end, unsigned threads);
  void add(const Backpropagation &run);

  func::FuncOp function;
  const ChannelStatistics &statistics;
  const SampleSource &source;
  const FloatEngine &engine;
  Sensitivities result;
};

} // namespace qopt

llvm::Expected<std::unique_ptr<Backpropagation>>
SensitivityRun::backpropagate(int64_t sample, llvm::DenseMap<Value, Tensor> &values) const {
  auto inputs = source.getBatch(sample);
  if (!inputs)
    return inputs.takeError();
  auto keep = [&](Value value, ArrayRef<float> elements) {
    Tensor tensor = Tensor::makeReals(getShape(value));
    llvm::copy(elements, tensor.writeReals().data);
    values[value] = std::move(tensor);
  };
  func::FuncOp network = function;
  for (auto [argument, input] : llvm::zip_equal(network.getArguments(), *inputs))
    keep(argument, input);
  SmallVector<ArrayRef<float>> views(inputs->begin(), inputs->end());
  if (llvm::Error error = engine.run(views, [&](Operation *op, ArrayRef<float> elements) {
        keep(op->getResult(0), elements);
      }))
    return std::move(error);
  auto run = std::make_unique<Backpropagation>(function, statistics, values);
  std::mt19937_64 random(static_cast<uint64_t>(sample));
  for (Value output : network.front().getTerminator()->getOperands())
    if (values.contains(output))
      run->seed(output, makeProbe(output, random));
  run->run();
  return run;
}

void SensitivityRun::add(const Backpropagation &run) {
  for (auto &[value, sums] : result.activations)
    for (auto [index, slope] : llvm::enumerate(run.getGradient(value)))
      sums[index % sums.size()] += double{slope} * slope;
  for (Operation &op : function.getOps()) {
    ArrayRef<float> gradient = run.getWeightGradient(&op);
    if (gradient.empty())
      continue;
    std::vector<double> &sums = result.weights[&op];
    sums.resize(gradient.size(), 0.0);
    for (auto [sum, slope] : llvm::zip_equal(sums, gradient))
      sum += double{slope} * slope;
  }
}

/// Samples of a block run in parallel and are folded in order, so that sums do not depend on which
/// thread was first.
llvm::Error SensitivityRun::runBlock(int64_t begin, int64_t end, unsigned threads) {
  std::vector<llvm::DenseMap<Value, Tensor>> values(end - begin);
  std::vector<std::unique_ptr<Backpropagation>> runs(end - begin);
  llvm::Error error = parallelFor(threads, end - begin, [&](int64_t index) -> llvm::Error {
    auto run = backpropagate(begin + index, values[index]);
    if (!run)
      return run.takeError();
    runs[index] = std::move(*run);
    return llvm::Error::success();
  });
  if (error)
    return error;
  for (const auto &run : runs)
    add(*run);
  return llvm::Error::success();
}

llvm::Expected<Sensitivities> SensitivityRun::measure() {
  for (const auto &[value, sums] : statistics)
    result.activations[value].assign(getRowSize(value), 0.0);
  MLIRContext *context = function.getContext();
  unsigned threads = getNumThreads(context);
  int64_t total = std::min(source.numBatches(), kMostRuns), block = threads;
  for (int64_t begin = 0; begin < total; begin += block)
    if (llvm::Error error = runBlock(begin, std::min(begin + block, total), threads))
      return std::move(error);
  auto divide = [&](std::vector<double> &sums) {
    for (double &sum : sums)
      sum /= static_cast<double>(std::max<int64_t>(total, 1));
  };
  for (auto &entry : result.activations)
    divide(entry.second);
  for (auto &entry : result.weights)
    divide(entry.second);
  return std::move(result);
}

static llvm::Expected<Sensitivities>
measureSensitivities(func::FuncOp function, const ChannelStatistics &statistics, StringRef path) {
  llvm::Expected<SampleSource> source = SampleSource::open(function, path);
  if (!source)
    return source.takeError();
  FloatEngineOptions options;
  options.tapped = isActivation;
  auto engine = createFloatEngine(function, options);
  if (!engine)
    return engine.takeError();
  return SensitivityRun(function, statistics, *source, **engine).measure();
}

llvm::Expected<Measurements> qopt::measureNetwork(func::FuncOp function, StringRef path) {
  llvm::Expected<ChannelStatistics> statistics = collectChannelStatistics(function, path);
  if (!statistics)
    return statistics.takeError();
  llvm::Expected<Sensitivities> sensitivities = measureSensitivities(function, *statistics, path);
  if (!sensitivities)
    return sensitivities.takeError();
  return Measurements{std::move(*statistics), std::move(*sensitivities)};
}

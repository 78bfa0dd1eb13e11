// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Samples run in parallel, a block at a time; each has sums of its own, which are merged in sample
// order, so that the numbers do not depend on the number of threads.
#include "qopt/Diagnostics/MeasureErrors.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace qopt;
using numerics::Histogram;

namespace {

/// What one sample, or all of them, have shown.
struct Sums {
  std::vector<ErrorStatistics> errors;
  std::vector<Histogram> values, inputs; ///< empty unless asked for
  Fidelity outputs;
};

/// Elements of every output for one batch.
using Outputs = std::vector<std::vector<float>>;

class Measurement {
public:
  Measurement(func::FuncOp exact, func::FuncOp quantized, const SampleSource &source,
              const MeasureOptions &options)
      : exact(exact), quantized(quantized), source(source), options(options),
        resultTypes(exact.getResultTypes()), numInputs(exact.getNumArguments()) {}

  llvm::Error prepare();
  llvm::Error run();
  NetworkErrors take();

private:
  llvm::Error matchLayers();
  llvm::Error prepareFloatEngine();
  llvm::Error compileQuantized();
  Sums makeSums() const;
  Outputs makeOutputs() const;
  llvm::Error runBlock(int64_t begin, int64_t end);
  llvm::Error runSample(int64_t sample, CompiledNetwork &network, Sums &sums) const;
  llvm::Error runExact(ArrayRef<std::vector<float>> inputs, const CompiledNetwork &network,
                       Outputs &outputs, Sums &sums) const;

  func::FuncOp exact, quantized;
  const SampleSource &source;
  const MeasureOptions &options;
  ArrayRef<Type> resultTypes;
  unsigned numInputs;
  std::vector<LayerPair> pairs;
  llvm::DenseMap<Operation *, size_t> indices;      ///< from float ops to pairs
  std::vector<const codegen::TensorInfo *> tensors; ///< one for each pair
  std::unique_ptr<FloatEngine> engine;
  std::vector<std::unique_ptr<CompiledNetwork>> networks; ///< one for each thread
  Sums totals;
  int64_t batches = 0;
};

} // namespace

static RankedTensorType getTensor(Type type) { return cast<RankedTensorType>(type); }

/// The two may live in different contexts: their types cannot be compared as such. Codes as inputs
/// will do: real ones can be rounded to them.
static bool haveSameTensors(ArrayRef<Type> exact, ArrayRef<Type> quantized, bool allowCodes) {
  return llvm::equal(exact, quantized, [&](Type a, Type b) {
    bool isReal = getTensor(b).getElementType().isF32();
    return getTensor(a).getElementType().isF32() && (isReal || (allowCodes && getQuantParams(b))) &&
           getTensor(a).getShape() == getTensor(b).getShape();
  });
}

llvm::Error qopt::checkSameInterface(func::FuncOp exact, func::FuncOp quantized) {
  if (haveSameTensors(exact.getArgumentTypes(), quantized.getArgumentTypes(), true) &&
      haveSameTensors(exact.getResultTypes(), quantized.getResultTypes(), false))
    return llvm::Error::success();
  return llvm::createStringError("inputs and outputs are not those of the float network; quantize "
                                 "that network, with --io=float and the model's own layout");
}

llvm::Error Measurement::matchLayers() {
  pairs = pairLayers(exact, quantized);
  if (pairs.empty())
    return llvm::createStringError("no layer in common with the float network; give the float "
                                   "network that it was made from");
  for (auto [index, pair] : llvm::enumerate(pairs))
    indices[pair.exact] = index;
  return llvm::Error::success();
}

llvm::Error Measurement::prepareFloatEngine() {
  FloatEngineOptions engineOptions;
  engineOptions.plainLoops = options.plainFloat;
  auto isMatched = [&](Operation *op) { return indices.contains(op); };
  engineOptions.tapped = isMatched;
  auto created = createFloatEngine(exact, engineOptions);
  if (!created)
    return created.takeError();
  engine = std::move(*created);
  return llvm::Error::success();
}

llvm::Error Measurement::compileQuantized() {
  const Target *target = options.target;
  if (!target) {
    llvm::Expected<const Target *> host = lookupTarget("host");
    if (!host)
      return host.takeError();
    target = *host;
  }
  CompileOptions compileOptions;
  compileOptions.keepAll = true;
  auto compiled = jitCompile(quantized->getParentOfType<ModuleOp>(), quantized.getName(), *target,
                             compileOptions);
  if (!compiled)
    return compiled.takeError();
  networks.push_back(std::move(*compiled));
  while (networks.size() < options.threads)
    networks.push_back(networks.front()->share());
  llvm::DenseMap<int64_t, const codegen::TensorInfo *> byPosition;
  for (const codegen::TensorInfo &tensor : networks.front()->getProgram().tensors)
    if (tensor.result == 0)
      byPosition[tensor.op] = &tensor;
  for (const LayerPair &pair : pairs)
    tensors.push_back(byPosition.lookup(pair.position));
  return llvm::Error::success();
}

Sums Measurement::makeSums() const {
  Sums sums;
  for (const LayerPair &pair : pairs)
    sums.errors.emplace_back(getTensor(pair.exact->getResult(0).getType()).getShape().back());
  if (options.histograms) {
    sums.values.resize(pairs.size());
    sums.inputs.resize(numInputs);
  }
  return sums;
}

Outputs Measurement::makeOutputs() const {
  Outputs outputs;
  for (Type type : resultTypes)
    outputs.emplace_back(getTensor(type).getNumElements());
  return outputs;
}

/// The real values of a tensor's bytes.
static std::vector<float> dequantize(Type type, ArrayRef<char> bytes) {
  std::vector<float> values(getTensor(type).getNumElements());
  std::optional<QuantParams> params = getQuantParams(type);
  if (!params) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  for (auto [value, byte] : llvm::zip_equal(values, bytes)) {
    int32_t code = params->isSigned ? static_cast<int8_t>(byte) : static_cast<uint8_t>(byte);
    value = params->scale(0) * static_cast<float>(code - params->zeroPoint(0));
  }
  return values;
}

/// The float network, each layer compared with what `network` has left in its workspace.
llvm::Error Measurement::runExact(ArrayRef<std::vector<float>> inputs,
                                  const CompiledNetwork &network, Outputs &outputs,
                                  Sums &sums) const {
  SmallVector<ArrayRef<float>> views(inputs.begin(), inputs.end());
  SmallVector<MutableArrayRef<float>> results(outputs.begin(), outputs.end());
  auto compare = [&](Operation *op, ArrayRef<float> values) {
    auto found = indices.find(op);
    if (found == indices.end() || !tensors[found->second])
      return;
    size_t index = found->second;
    Type type = pairs[index].quantized->getResult(0).getType();
    sums.errors[index].add(values, dequantize(type, network.readTensor(*tensors[index])));
    if (options.histograms)
      sums.values[index].add(values);
  };
  if (options.histograms)
    for (auto [histogram, input] : llvm::zip_equal(sums.inputs, inputs))
      histogram.add(input);
  return engine->run(views, compare, results);
}

static size_t getRowSize(Type type) {
  ArrayRef<int64_t> shape = getTensor(type).getShape();
  return shape.empty() ? 1 : shape.back();
}

/// The quantized network first: its workspace keeps all tensors while the float network runs.
llvm::Error Measurement::runSample(int64_t sample, CompiledNetwork &network, Sums &sums) const {
  auto inputs = source.getBatch(sample);
  if (!inputs)
    return inputs.takeError();
  Outputs approximate = makeOutputs(), wanted = makeOutputs();
  SmallVector<ArrayRef<float>> from(inputs->begin(), inputs->end());
  SmallVector<void *> to;
  for (std::vector<float> &output : approximate)
    to.push_back(output.data());
  if (llvm::Error error = network.runReals(from, to))
    return error;
  if (llvm::Error error = runExact(*inputs, network, wanted, sums))
    return error;
  for (auto [type, a, b] : llvm::zip_equal(resultTypes, wanted, approximate))
    sums.outputs.addRows(a, b, getRowSize(type));
  return llvm::Error::success();
}

static void merge(Sums &total, const Sums &part) {
  for (auto [whole, own] : llvm::zip_equal(total.errors, part.errors))
    whole.merge(own);
  for (auto [whole, own] : llvm::zip_equal(total.values, part.values))
    whole.merge(own);
  for (auto [whole, own] : llvm::zip_equal(total.inputs, part.inputs))
    whole.merge(own);
  total.outputs.merge(part.outputs);
}

llvm::Error Measurement::runBlock(int64_t begin, int64_t end) {
  std::vector<Sums> seen;
  for (int64_t sample = begin; sample < end; ++sample)
    seen.push_back(makeSums());
  llvm::Error error = parallelFor(options.threads, end - begin, [&](int64_t index) {
    return runSample(begin + index, *networks[index], seen[index]);
  });
  if (error)
    return error;
  for (const Sums &sample : seen)
    merge(totals, sample);
  return llvm::Error::success();
}

llvm::Error Measurement::prepare() {
  if (llvm::Error error = checkSameInterface(exact, quantized))
    return error;
  for (auto step : {&Measurement::matchLayers, &Measurement::prepareFloatEngine,
                    &Measurement::compileQuantized})
    if (llvm::Error error = (this->*step)())
      return error;
  totals = makeSums();
  return llvm::Error::success();
}

llvm::Error Measurement::run() {
  batches = std::min(source.numBatches(), options.mostBatches.value_or(source.numBatches()));
  for (int64_t begin = 0, block = options.threads; begin < batches; begin += block) {
    int64_t end = std::min(batches, begin + block);
    if (llvm::Error error = runBlock(begin, end))
      return error;
    if (options.progress)
      options.progress(end, batches);
  }
  return llvm::Error::success();
}

NetworkErrors Measurement::take() {
  NetworkErrors result;
  for (auto [index, pair] : llvm::enumerate(pairs))
    result.layers.push_back({std::move(pair), std::move(totals.errors[index]),
                             options.histograms ? std::move(totals.values[index]) : Histogram()});
  result.inputs = std::move(totals.inputs);
  result.outputs = totals.outputs;
  result.batches = batches;
  return result;
}

llvm::Expected<NetworkErrors> qopt::measureErrors(func::FuncOp exact, func::FuncOp quantized,
                                                  const SampleSource &source,
                                                  const MeasureOptions &options) {
  Measurement measurement(exact, quantized, source, options);
  if (llvm::Error error = measurement.prepare())
    return std::move(error);
  if (llvm::Error error = measurement.run())
    return std::move(error);
  return measurement.take();
}

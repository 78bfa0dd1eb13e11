// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Samples run in parallel, a block at a time; each has sums of its own, which are merged in sample
// order, so that the numbers do not depend on the number of threads.
#include "Analyze.h"

#include "DataSet.h"
#include "Engines.h"
#include "LayerPairs.h"
#include "PrintErrors.h"
#include "Progress.h"

#include "qopt/Calibration/SampleSource.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"
#include "qopt/Pipelines/Quantization.h"
#include "qopt/Target/Target.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/DenseMap.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

namespace {

using Statistics = std::vector<ErrorStatistics>;

class Analysis {
public:
  explicit Analysis(const RunOptions &options) : options(options) {}

  Error run();

private:
  Error openNetworks();
  Error matchLayers();
  Error prepareFloatNetwork();
  Error checkInterfaces();
  Error prepareFloatEngine();
  Error compileQuantized();
  Error runBlock(const SampleSource &source, int64_t begin, int64_t end);
  Error runSample(const SampleSource &source, int64_t sample, CompiledNetwork &network,
                  Statistics &statistics) const;

  const RunOptions &options;
  std::optional<Model> exactModel, quantizedModel;
  func::FuncOp exact, quantized;
  std::vector<LayerPair> pairs;
  llvm::DenseMap<Operation *, size_t> indices;      ///< from float ops to pairs
  std::vector<const codegen::TensorInfo *> tensors; ///< one for each pair
  std::unique_ptr<FloatEngine> engine;
  std::vector<std::unique_ptr<CompiledNetwork>> networks; ///< one for each thread
  Statistics totals;
};

} // namespace

static Expected<Model> openAt(StringRef path, const RunOptions &options, Level level,
                              StringRef remedy) {
  ImportSettings settings;
  settings.batch = options.batch;
  Expected<Model> model = Model::open(path, settings);
  if (model && model->level() != level)
    return fail(path + ": is at " + describe(model->level()) + "; --analyze " + remedy);
  return model;
}

/// What calibration and quantization have started from, unless it has been equalized.
Error Analysis::prepareFloatNetwork() {
  DiagnosticCollector diagnostics(exactModel->context());
  PassManager manager(exactModel->context());
  buildPreparePipeline(manager, PrepareOptions());
  if (failed(manager.run(exactModel->module())))
    return diagnostics.takeError(options.model, "preparing the float network failed");
  return Error::success();
}

/// The two live in different contexts: their types cannot be compared.
Error Analysis::checkInterfaces() {
  auto same = [](const Port &a, const Port &b) { return a.type == b.type && a.shape == b.shape; };
  std::vector<Port> first = getInputPorts(exact), second = getInputPorts(quantized);
  if (llvm::equal(first, second, same))
    return Error::success();
  return fail(options.analyze + ": its inputs are not those of " + options.model +
              "; quantize that network, with --io=float and the model's own layout");
}

Error Analysis::openNetworks() {
  Expected<Model> first =
      openAt(options.model, options, Level::Float,
             "compares with the float network, an .onnx or the NAME.prepare.mlir of qopt-compile "
             "--stop-after=prepare");
  if (!first)
    return first.takeError();
  exactModel.emplace(std::move(*first));
  Expected<Model> second = openAt(options.analyze, options, Level::Quantized,
                                  "takes the NAME.quantized.mlir of qopt-compile");
  if (!second)
    return second.takeError();
  quantizedModel.emplace(std::move(*second));
  if (Error error = prepareFloatNetwork())
    return error;
  for (auto [model, network] : {std::pair(&*exactModel, &exact), {&*quantizedModel, &quantized}}) {
    Expected<func::FuncOp> found = model->network();
    if (!found)
      return found.takeError();
    *network = *found;
  }
  return Error::success();
}

Error Analysis::matchLayers() {
  pairs = pairLayers(exact, quantized);
  if (pairs.empty())
    return fail(options.analyze + ": has no layer in common with " + options.model +
                "; give the float network that it was made from");
  for (auto [index, pair] : enumerate(pairs)) {
    indices[pair.exact] = index;
    totals.emplace_back(cast<ShapedType>(pair.exact->getResult(0).getType()).getShape().back());
  }
  return Error::success();
}

Error Analysis::prepareFloatEngine() {
  FloatEngineOptions engineOptions;
  engineOptions.plainLoops = options.plainFloat;
  auto isMatched = [&](Operation *op) { return indices.contains(op); };
  engineOptions.tapped = isMatched;
  Expected<std::unique_ptr<FloatEngine>> created = createFloatEngine(exact, engineOptions);
  if (!created)
    return nameFile(options.model, created.takeError());
  engine = std::move(*created);
  return Error::success();
}

Error Analysis::compileQuantized() {
  Expected<const Target *> target = lookupTarget(options.target);
  if (!target)
    return target.takeError();
  CompileOptions compileOptions;
  compileOptions.keepAll = true;
  auto compiled =
      jitCompile(quantizedModel->module(), quantized.getName(), **target, compileOptions);
  if (!compiled)
    return nameFile(options.analyze, compiled.takeError());
  networks.push_back(std::move(*compiled));
  while (networks.size() < options.threads)
    networks.push_back(networks.front()->share());
  llvm::DenseMap<int64_t, const codegen::TensorInfo *> byPosition;
  for (const codegen::TensorInfo &tensor : networks.front()->getProgram().tensors)
    if (tensor.result == 0)
      byPosition[tensor.op] = &tensor;
  for (const LayerPair &pair : pairs)
    tensors.push_back(byPosition.lookup(pair.position));
  return Error::success();
}

/// The real values of a tensor's bytes.
static std::vector<float> dequantize(mlir::Type type, ArrayRef<char> bytes) {
  std::vector<float> values(cast<ShapedType>(type).getNumElements());
  std::optional<QuantParams> params = getQuantParams(type);
  if (!params) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  for (auto [value, byte] : zip_equal(values, bytes)) {
    int32_t code = params->isSigned ? static_cast<int8_t>(byte) : static_cast<uint8_t>(byte);
    value = params->scale(0) * static_cast<float>(code - params->zeroPoint(0));
  }
  return values;
}

/// The quantized network first: its workspace keeps all tensors while the float network runs.
Error Analysis::runSample(const SampleSource &source, int64_t sample, CompiledNetwork &network,
                          Statistics &statistics) const {
  Expected<std::vector<std::vector<float>>> inputs = source.getBatch(sample);
  if (!inputs)
    return inputs.takeError();
  SmallVector<const void *> pointers;
  SmallVector<ArrayRef<float>> views;
  for (const std::vector<float> &input : *inputs) {
    pointers.push_back(input.data());
    views.push_back(input);
  }
  OutputStack outputs(getOutputPorts(quantized), 1);
  if (Error error = network.run(pointers, outputs.pointers()))
    return error;
  return engine->run(views, [&](Operation *op, ArrayRef<float> values) {
    auto found = indices.find(op);
    if (found == indices.end() || !tensors[found->second])
      return;
    mlir::Type type = pairs[found->second].quantized->getResult(0).getType();
    statistics[found->second].add(values,
                                  dequantize(type, network.readTensor(*tensors[found->second])));
  });
}

Error Analysis::runBlock(const SampleSource &source, int64_t begin, int64_t end) {
  Statistics empty;
  for (const ErrorStatistics &total : totals)
    empty.emplace_back(total.numChannels());
  std::vector<Statistics> seen(end - begin, empty);
  Error error = parallelFor(options.threads, end - begin, [&](int64_t index) {
    return runSample(source, begin + index, *networks[index], seen[index]);
  });
  if (error)
    return error;
  for (const Statistics &sample : seen)
    for (auto [total, part] : zip_equal(totals, sample))
      total.merge(part);
  return Error::success();
}

Error Analysis::run() {
  for (auto step : {&Analysis::openNetworks, &Analysis::checkInterfaces, &Analysis::matchLayers,
                    &Analysis::prepareFloatEngine, &Analysis::compileQuantized})
    if (Error error = (this->*step)())
      return error;
  Expected<ArrayFile> file = ArrayFile::open(options.input);
  if (!file)
    return file.takeError();
  Expected<SampleSource> source = SampleSource::create(exact, *file);
  if (!source)
    return source.takeError();
  int64_t total = source->numBatches(), block = options.threads;
  {
    ProgressLine line("comparing");
    for (int64_t begin = 0; begin < total; begin += block) {
      int64_t end = std::min(total, begin + block);
      if (Error error = runBlock(*source, begin, end))
        return error;
      line.update(end, total);
    }
  }
  std::vector<LayerErrors> layers;
  for (auto [pair, statistics] : zip_equal(pairs, totals))
    layers.push_back({pair.name, pair.exact->getName().stripDialect().str(), statistics});
  printErrors(layers, total, options.json);
  return Error::success();
}

Error analyze(const RunOptions &options) { return Analysis(options).run(); }

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Analyze.h"

#include "ModelFile.h"
#include "PrintErrors.h"
#include "Progress.h"

#include "qopt/Analysis/LayerPairs.h"
#include "qopt/Diagnostics/MeasureErrors.h"
#include "qopt/Diagnostics/Sensitivity.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Equalization/NoisePrediction.h"
#include "qopt/Pipelines/Quantization.h"

#include "mlir/Pass/PassManager.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

namespace {

/// The float network, prepared, and the quantized one.
class Networks {
public:
  static Expected<Networks> open(const RunOptions &options);

  func::FuncOp exact, quantized;

private:
  Error prepare(const RunOptions &options);

  std::optional<Model> exactModel, quantizedModel;
};

} // namespace

static Expected<Model> openAt(StringRef path, const RunOptions &options, Level level,
                              StringRef remedy) {
  ImportSettings settings;
  settings.batch = options.batch;
  Expected<Model> model = Model::open(path, settings);
  if (model && model->level() != level)
    return createStringError(path + ": is at " + describe(model->level()) + "; --analyze " +
                             remedy);
  return model;
}

/// What calibration and quantization have started from, unless it has been equalized.
Error Networks::prepare(const RunOptions &options) {
  DiagnosticCollector diagnostics(exactModel->context());
  PassManager manager(exactModel->context());
  buildPreparePipeline(manager, PrepareOptions());
  if (failed(manager.run(exactModel->module())))
    return diagnostics.takeError(options.model, "preparing the float network failed");
  return Error::success();
}

/// Rounding errors of 8-bit weights are a small part of them; channels with scales of their own, or
/// a folded normalization, leave other weights altogether.
static bool approximates(WeightedOpInterface quantized, WeightedOpInterface exact) {
  ConstantOp stored = getConstant(quantized.getWeightsValue());
  ConstantOp original = getConstant(exact.getWeightsValue());
  std::optional<QuantParams> grid = getQuantParams(quantized.getWeightsValue().getType());
  auto codes = stored ? getCodes(stored) : std::nullopt;
  auto weights = original ? getFloats(original) : std::nullopt;
  if (!grid || !codes || !weights || codes->size() != weights->size())
    return true; // nothing to compare
  int64_t inner = 1, channels = grid->scales.size();
  auto shape = cast<ShapedType>(quantized.getWeightsValue().getType()).getShape();
  for (int64_t dim : grid->axis < 0 ? shape : shape.drop_front(grid->axis + 1))
    inner *= dim;
  double energy = 0, error = 0, steps = 0;
  for (auto [index, code, weight] : enumerate(*codes, *weights)) {
    auto channel = static_cast<int64_t>(index) / inner % channels;
    double value = grid->scale(channel) * double(code - grid->zeroPoint(channel));
    energy += double(weight) * weight;
    error += (value - weight) * (value - weight);
    steps += double(grid->scale(channel)) * grid->scale(channel);
  }
  // Two codes off on average, and a little for weights that the range clips.
  return error <= 4 * steps + 0.02 * energy;
}

static Error checkSameWeights(func::FuncOp exact, func::FuncOp quantized) {
  for (const LayerPair &pair : pairLayers(exact, quantized)) {
    auto original = dyn_cast<WeightedOpInterface>(pair.exact);
    auto rounded = dyn_cast<WeightedOpInterface>(pair.quantized);
    if (original && rounded && !approximates(rounded, original))
      return createStringError("layer '" + pair.name +
                               "' has other weights than in the float network, as after "
                               "equalization; compare with the NAME.prepare.mlir that the same "
                               "options write with --stop-after=prepare");
  }
  return Error::success();
}

Expected<Networks> Networks::open(const RunOptions &options) {
  Networks networks;
  Expected<Model> first =
      openAt(options.model, options, Level::Float,
             "compares with the float network, an .onnx or the NAME.prepare.mlir of qopt-compile "
             "--stop-after=prepare");
  if (!first)
    return first.takeError();
  networks.exactModel.emplace(std::move(*first));
  Expected<Model> second = openAt(options.analyze, options, Level::Quantized,
                                  "takes the NAME.quantized.mlir of qopt-compile");
  if (!second)
    return second.takeError();
  networks.quantizedModel.emplace(std::move(*second));
  if (Error error = networks.prepare(options))
    return std::move(error);
  for (auto [model, network] : {std::pair(&*networks.exactModel, &networks.exact),
                                {&*networks.quantizedModel, &networks.quantized}}) {
    Expected<func::FuncOp> found = model->network();
    if (!found)
      return found.takeError();
    *network = *found;
  }
  if (Error error = checkSameInterface(networks.exact, networks.quantized))
    return nameFile(options.analyze, std::move(error));
  if (Error error = checkSameWeights(networks.exact, networks.quantized))
    return nameFile(options.analyze, std::move(error));
  return networks;
}

static Expected<NetworkErrors> measure(const Networks &networks, const SampleSource &source,
                                       const RunOptions &options) {
  Expected<const Target *> target = lookupTarget(options.target);
  if (!target)
    return target.takeError();
  ProgressLine line("comparing");
  auto update = [&](int64_t done, int64_t total) { line.update(done, total); };
  MeasureOptions measureOptions;
  measureOptions.target = *target;
  measureOptions.threads = options.threads;
  measureOptions.plainFloat = options.plainFloat;
  measureOptions.progress = update;
  Expected<NetworkErrors> errors =
      measureErrors(networks.exact, networks.quantized, source, measureOptions);
  if (!errors)
    return nameFile(options.analyze, errors.takeError());
  return errors;
}

static bool hasPerChannelWeights(func::FuncOp quantized) {
  return any_of(quantized.getOps<WeightedOpInterface>(), [](WeightedOpInterface layer) {
    std::optional<QuantParams> grid = getQuantParams(layer.getWeightsValue().getType());
    return grid && grid->axis >= 0;
  });
}

static Expected<Sensitivity> measureSensitivity(const Networks &networks,
                                                const SampleSource &source,
                                                const RunOptions &options) {
  Expected<NoisePrediction> prediction =
      predictNoise(networks.exact, options.input, hasPerChannelWeights(networks.quantized));
  if (!prediction)
    return nameFile(options.model, prediction.takeError());
  ProgressLine line("leaving layers out");
  auto update = [&](int64_t done, int64_t total) { line.update(done, total); };
  SensitivityOptions sensitivityOptions;
  sensitivityOptions.threads = options.threads;
  sensitivityOptions.plainFloat = options.plainFloat;
  sensitivityOptions.prediction = &*prediction;
  sensitivityOptions.progress = update;
  Expected<Sensitivity> sensitivity =
      measureSensitivity(networks.exact, networks.quantized, source, sensitivityOptions);
  if (!sensitivity)
    return nameFile(options.analyze, sensitivity.takeError());
  return sensitivity;
}

Error analyze(const RunOptions &options) {
  Expected<Networks> networks = Networks::open(options);
  if (!networks)
    return networks.takeError();
  Expected<ArrayFile> file = ArrayFile::open(options.input);
  if (!file)
    return file.takeError();
  Expected<SampleSource> source = SampleSource::create(networks->exact, *file);
  if (!source)
    return source.takeError();
  Expected<NetworkErrors> errors = measure(*networks, *source, options);
  if (!errors)
    return errors.takeError();
  std::optional<Sensitivity> sensitivity;
  if (options.sensitivity) {
    Expected<Sensitivity> measured = measureSensitivity(*networks, *source, options);
    if (!measured)
      return measured.takeError();
    sensitivity = std::move(*measured);
  }
  auto print = options.json ? printJson : printTables;
  print(*errors, sensitivity ? &*sensitivity : nullptr);
  return Error::success();
}

} // namespace qopt

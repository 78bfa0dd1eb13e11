// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Diagnose.h"

#include "DiagnosticsJson.h"
#include "ModelFile.h"
#include "Progress.h"
#include "RepairSteps.h"
#include "Stages.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/ADT/StringMap.h"

#include <cmath>
#include <thread>

using namespace llvm;
using namespace mlir;

namespace qopt {

/// Runs of the network that figures are of: more would say the same.
static constexpr int64_t kMostMeasured = 64, kMostForSensitivity = 16;
/// Bins of a histogram in the page, and figures of channels: what a page shows and a browser loads.
static constexpr int64_t kMostBins = 96, kMostChannelFigures = 60000;

namespace {

class Diagnoser {
public:
  Diagnoser(const DriverOptions &options, StringRef path, func::FuncOp network,
            func::FuncOp compiled);

  Expected<Diagnosis> run();

private:
  Expected<StepResult> runStep(const RepairStep &step, const StepResult *before);
  Error quantize(StepResult &result, const StepResult *before);
  Error measure(StepResult &result, const ArrayFile &file);
  Expected<json::Object> measureSensitivity(const StepResult &last, const ArrayFile &file);
  json::Object describeStep(const StepResult &result);
  void keepChannels(const StepResult &result, bool isEnd, int64_t numSteps);
  json::Array describeActions(const StepResult &last);
  json::Object describeDetails(const StepResult &last);
  std::optional<int64_t> findIndex(Operation *quantized) const;

  const DriverOptions &options;
  StringRef path;
  func::FuncOp network;
  StringMap<int64_t> indices; ///< in `layers` of the report, by name and op
  unsigned threads;
  LayerActions actions;
  std::vector<std::string> remarks;             ///< each once
  std::vector<StringMap<json::Value>> channels; ///< by step, figures by layer; empty: left out
  int64_t batches = 0;
};

} // namespace

/// The layers of a report are told apart by name and op: one name may stand for a layer and for
/// what was put behind it.
static std::string getKey(Operation *op) {
  return (getLayerName(op) + "\n" + op->getName().getStringRef()).str();
}

Diagnoser::Diagnoser(const DriverOptions &options, StringRef path, func::FuncOp network,
                     func::FuncOp compiled)
    : options(options), path(path), network(network),
      threads(options.threads ? options.threads
                              : std::max(1u, std::thread::hardware_concurrency())) {
  int64_t index = 0;
  for (Operation &op : compiled.getOps())
    if (!isa<ConstantOp>(op) && op.getNumResults() == 1)
      indices.try_emplace(getKey(&op), index++);
}

std::optional<int64_t> Diagnoser::findIndex(Operation *quantized) const {
  auto found = indices.find(getKey(quantized));
  return found == indices.end() ? std::nullopt : std::optional(found->second);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static func::FuncOp getNetwork(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic())
      return function;
  return nullptr;
}

/// Scales are chosen anew only where the options on them changed. They are those of the whole
/// compilation: the noise model asks how weights are going to be rounded.
Error Diagnoser::quantize(StepResult &result, const StepResult *before) {
  const DriverOptions &own = result.step.options;
  bool isPrepared = before && before->step.options.equalize == own.equalize &&
                    before->step.options.splitChannels == own.splitChannels &&
                    before->step.options.splitOutliers == own.splitOutliers;
  if (isPrepared) {
    result.exactModule = ModuleOp(*before->exactModule).clone();
  } else {
    result.exactModule = network->getParentOfType<ModuleOp>().clone();
    DriverOptions scales = own;
    scales.round = options.round;
    if (Error error = runPrepare(*result.exactModule, path, scales))
      return error;
  }
  result.quantizedModule = result.exactModule->clone();
  if (Error error = runCalibrate(*result.quantizedModule, path, own))
    return error;
  if (Error error = runQuantize(*result.quantizedModule, path, own))
    return error;
  result.exact = getNetwork(*result.exactModule);
  result.quantized = getNetwork(*result.quantizedModule);
  return Error::success();
}

Error Diagnoser::measure(StepResult &result, const ArrayFile &file) {
  Expected<SampleSource> source = SampleSource::create(result.exact, file);
  if (!source)
    return source.takeError();
  MeasureOptions measureOptions;
  measureOptions.threads = threads;
  measureOptions.histograms = true;
  measureOptions.mostBatches = kMostMeasured;
  Expected<NetworkErrors> errors =
      measureErrors(result.exact, result.quantized, *source, measureOptions);
  if (!errors)
    return errors.takeError();
  result.errors = std::move(*errors);
  batches = result.errors.batches;
  return Error::success();
}

/// Passes explain in remarks what they left alone.
Expected<StepResult> Diagnoser::runStep(const RepairStep &step, const StepResult *before) {
  ScopedDiagnosticHandler handler(network.getContext(), [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Remark)
      return failure();
    if (!is_contained(remarks, diagnostic.str()))
      remarks.push_back(diagnostic.str());
    return success();
  });
  StepResult result{step, {}, {}, {}, {}, {}};
  // To be compared with the float network, and not to write the ranges again.
  result.step.options.io = "float";
  result.step.options.rangesFile.clear();
  result.step.options.progress = false;
  if (Error error = quantize(result, before))
    return std::move(error);
  Expected<ArrayFile> file = ArrayFile::open(options.calibrationData);
  if (!file)
    return file.takeError();
  if (Error error = measure(result, *file))
    return std::move(error);
  return result;
}

Expected<json::Object> Diagnoser::measureSensitivity(const StepResult &last,
                                                     const ArrayFile &file) {
  Expected<SampleSource> source = SampleSource::create(last.exact, file);
  if (!source)
    return source.takeError();
  Expected<NoisePrediction> prediction =
      predictNoise(last.exact, options.calibrationData, options.perChannelWeights);
  if (!prediction)
    return prediction.takeError();
  ProgressLine line("leaving layers out");
  auto update = [&](int64_t done, int64_t total) { line.update(done, total); };
  SensitivityOptions sensitivityOptions;
  sensitivityOptions.threads = threads;
  sensitivityOptions.mostBatches = kMostForSensitivity;
  sensitivityOptions.prediction = &*prediction;
  sensitivityOptions.progress = update;
  Expected<Sensitivity> sensitivity =
      qopt::measureSensitivity(last.exact, last.quantized, *source, sensitivityOptions);
  if (!sensitivity)
    return sensitivity.takeError();
  return toJson(*sensitivity);
}

//===----------------------------------------------------------------------===//
// What was found
//===----------------------------------------------------------------------===//

json::Object Diagnoser::describeStep(const StepResult &result) {
  json::Array layers;
  for (const LayerErrors &layer : result.errors.layers) {
    json::Object object = toJson(layer.statistics.layer());
    object["layer"] = json::fixUTF8(layer.pair.name);
    object["op"] = getShortOpName(layer.pair.exact);
    object["worst_channel"] = layer.statistics.worstChannel();
    if (std::optional<int64_t> index = findIndex(layer.pair.quantized))
      object["index"] = *index;
    layers.push_back(std::move(object));
  }
  return json::Object{{"name", result.step.name},
                      {"outputs", result.errors.outputs.toJson()},
                      {"layers", std::move(layers)}};
}

/// Three digits: enough to look at.
static json::Value roundForPage(double value) {
  if (!std::isfinite(value) || value == 0)
    return value == 0 ? json::Value(0) : json::Value(nullptr);
  double unit = std::pow(10.0, 2 - std::floor(std::log10(std::fabs(value))));
  return std::round(value * unit) / unit;
}

static json::Value describeChannels(const ErrorStatistics &statistics) {
  json::Array sqnr, mas, mssr;
  for (int64_t c = 0; c < statistics.numChannels(); ++c) {
    ErrorFigures figures = statistics.channel(c);
    sqnr.push_back(roundForPage(figures.sqnrDb));
    mas.push_back(roundForPage(figures.mas));
    mssr.push_back(roundForPage(figures.mssr));
  }
  return json::Object{
      {"sqnr_db", std::move(sqnr)}, {"mas", std::move(mas)}, {"mssr", std::move(mssr)}};
}

/// Large networks keep the channels of the first and the last step alone.
void Diagnoser::keepChannels(const StepResult &result, bool isEnd, int64_t numSteps) {
  int64_t figures = 0;
  for (const LayerErrors &layer : result.errors.layers)
    figures += 3 * layer.statistics.numChannels();
  StringMap<json::Value> &own = channels.emplace_back();
  if (isEnd || figures * numSteps <= kMostChannelFigures)
    for (const LayerErrors &layer : result.errors.layers)
      own.try_emplace(layer.pair.name, describeChannels(layer.statistics));
}

json::Array Diagnoser::describeActions(const StepResult &last) {
  json::Array entries;
  for (const LayerErrors &layer : last.errors.layers) {
    std::optional<int64_t> index = findIndex(layer.pair.quantized);
    auto found = actions.find(layer.pair.name);
    if (!index || found == actions.end() || found->second.empty())
      continue;
    json::Array own;
    for (const LayerAction &action : found->second)
      own.push_back(json::Object{{"step", action.step},
                                 {"kind", action.kind},
                                 {"label", action.label},
                                 {"text", action.text}});
    entries.push_back(json::Object{
        {"layer", json::fixUTF8(layer.pair.name)}, {"index", *index}, {"actions", std::move(own)}});
  }
  return entries;
}

/// Equal groups of the bins between the first and the last that hold a value.
static json::Object describeHistogram(const numerics::Histogram &histogram) {
  int64_t first = -numerics::Histogram::kHalf, end = numerics::Histogram::kHalf;
  while (first < end && histogram.binCount(first) == 0)
    ++first;
  while (end > first && histogram.binCount(end - 1) == 0)
    --end;
  int64_t group = std::max<int64_t>(1, divideCeil(end - first, kMostBins));
  json::Array counts;
  for (int64_t bin = first; bin < end; bin += group) {
    int64_t count = 0;
    for (int64_t i = bin; i < std::min(bin + group, end); ++i)
      count += histogram.binCount(i);
    counts.push_back(count);
  }
  return json::Object{{"low", static_cast<double>(first) * histogram.binWidth()},
                      {"width", static_cast<double>(group) * histogram.binWidth()},
                      {"counts", std::move(counts)}};
}

/// Of the grid that an input is rounded to; null for none.
static json::Value describeInputRange(func::FuncOp quantized, unsigned argument) {
  Value input = quantized.getArgument(argument);
  for (Operation *user : input.getUsers())
    if (isa<QuantizeOp>(user))
      input = user->getResult(0);
  std::optional<QuantParams> grid = getQuantParams(input.getType());
  if (!grid)
    return nullptr;
  return json::Array{double{grid->scale(0)} * (grid->storageMin - grid->zeroPoint(0)),
                     double{grid->scale(0)} * (grid->storageMax - grid->zeroPoint(0))};
}

json::Object Diagnoser::describeDetails(const StepResult &last) {
  json::Array inputs, layers;
  for (auto [argument, histogram] : enumerate(last.errors.inputs)) {
    auto name = func::FuncOp(last.exact).getArgAttrOfType<StringAttr>(argument, kNameAttr);
    inputs.push_back(
        json::Object{{"name", name ? json::fixUTF8(name.getValue()) : std::string("input")},
                     {"histogram", describeHistogram(histogram)},
                     {"range", describeInputRange(last.quantized, argument)}});
  }
  for (auto [position, layer] : enumerate(last.errors.layers)) {
    std::optional<int64_t> index = findIndex(layer.pair.quantized);
    if (!index)
      continue;
    json::Array figures; // by step
    for (const StringMap<json::Value> &own : channels) {
      auto found = own.find(layer.pair.name);
      figures.push_back(found == own.end() ? json::Value(nullptr) : found->second);
    }
    layers.push_back(json::Object{{"index", *index},
                                  {"histogram", describeHistogram(layer.values)},
                                  {"channels", std::move(figures)}});
  }
  return json::Object{{"inputs", std::move(inputs)}, {"layers", std::move(layers)}};
}

Expected<Diagnosis> Diagnoser::run() {
  std::vector<RepairStep> steps = listRepairSteps(options);
  std::optional<StepResult> last;
  json::Array described;
  ProgressLine line("measuring repairs");
  for (auto [index, step] : enumerate(steps)) {
    line.update(index, steps.size());
    Expected<StepResult> result = runStep(step, last ? &*last : nullptr);
    if (!result)
      return result.takeError();
    if (last)
      addRepair(*last, *result, actions);
    else
      addPreparation(network, *result, actions);
    keepChannels(*result, index == 0 || index + 1 == steps.size(), steps.size());
    described.push_back(describeStep(*result));
    last = std::move(*result);
  }
  Expected<ArrayFile> file = ArrayFile::open(options.calibrationData);
  if (!file)
    return file.takeError();
  Expected<json::Object> sensitivity = measureSensitivity(*last, *file);
  if (!sensitivity)
    return sensitivity.takeError();
  json::Array said;
  for (const std::string &remark : remarks)
    said.push_back(json::fixUTF8(remark));
  return Diagnosis{json::Object{{"samples", batches},
                                {"steps", std::move(described)},
                                {"actions", describeActions(*last)},
                                {"remarks", std::move(said)},
                                {"sensitivity", std::move(*sensitivity)}},
                   describeDetails(*last)};
}

Diagnosis explainNoDiagnosis(StringRef reason) {
  return {json::Object{{"unavailable", json::fixUTF8(reason)}},
          json::Object{{"inputs", json::Array()}, {"layers", json::Array()}}};
}

Diagnosis diagnose(const DriverOptions &options, StringRef path, func::FuncOp network,
                   func::FuncOp compiled) {
  Expected<Diagnosis> diagnosis = Diagnoser(options, path, network, compiled).run();
  return diagnosis ? std::move(*diagnosis) : explainNoDiagnosis(toString(diagnosis.takeError()));
}

} // namespace qopt

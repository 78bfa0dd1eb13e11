// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Report.h"

#include "qopt/Codegen/ProgramInfo.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static json::Array shapeOf(Value value) {
  return json::Array(cast<ShapedType>(value.getType()).getShape());
}

/// Scales, zero points, storage and the real range of a quantized value; null for a float.
static json::Value describeGrid(mlir::Type type) {
  std::optional<QuantParams> params = getQuantParams(type);
  if (!params)
    return nullptr;
  json::Object grid{{"bits", int64_t(params->storageBits)},
                    {"signed", params->isSigned},
                    {"storage", json::Array{params->storageMin, params->storageMax}}};
  json::Array scales, zeroPoints, ranges;
  for (size_t c = 0; c < params->scales.size(); ++c) {
    double scale = params->scales[c];
    scales.push_back(scale);
    zeroPoints.push_back(params->zeroPoints[c]);
    ranges.push_back(json::Array{scale * (params->storageMin - params->zeroPoints[c]),
                                 scale * (params->storageMax - params->zeroPoints[c])});
  }
  if (params->axis >= 0)
    grid["axis"] = params->axis;
  grid["scale"] = std::move(scales);
  grid["zero_point"] = std::move(zeroPoints);
  grid["range"] = std::move(ranges);
  return json::Value(std::move(grid));
}

static json::Object describeTensor(Value value) {
  json::Object tensor{{"shape", shapeOf(value)}};
  if (json::Value grid = describeGrid(value.getType()); grid.kind() != json::Value::Null)
    tensor["quantization"] = std::move(grid);
  else
    tensor["type"] = "f32";
  return tensor;
}

/// What the kernel program says of the `index`-th op, the copies of its operands included.
static void describeKernels(int64_t index, const codegen::ProgramInfo &program,
                            json::Object &layer) {
  json::Array kernels;
  int64_t constantBytes = 0;
  const codegen::StepInfo *main = nullptr;
  for (const codegen::StepInfo &step : program.steps) {
    if (step.op != index)
      continue;
    kernels.push_back(step.kernel);
    constantBytes += step.constantBytes;
    if (!step.isCopy)
      main = &step;
  }
  layer["kernels"] = std::move(kernels);
  layer["constant_bytes"] = constantBytes;
  layer["kernel"] = main ? json::Value(main->kernel) : nullptr;
  if (!main)
    return;
  layer["rows"] = main->rows;
  layer["max_tasks"] = main->maxTasks;
}

/// Which entries of `layers` make the operands of `op`; -1: an input of the network.
static json::Array describeSources(Operation *op,
                                   const llvm::DenseMap<Operation *, int64_t> &indices) {
  json::Array sources;
  for (Value operand : op->getOperands())
    if (!getConstant(operand)) {
      auto found = indices.find(operand.getDefiningOp());
      sources.push_back(found == indices.end() ? int64_t{-1} : found->second);
    }
  return sources;
}

static json::Object describeLayer(Operation *op) {
  json::Object layer{{"name", json::fixUTF8(getLayerName(op))},
                     {"op", op->getName().getStringRef()}};
  json::Array inputs;
  for (Value operand : op->getOperands())
    if (!getConstant(operand))
      inputs.push_back(describeTensor(operand));
  layer["inputs"] = std::move(inputs);
  layer["output"] = describeTensor(op->getResult(0));
  if (auto weighted = dyn_cast<WeightedOpInterface>(op)) {
    layer["weights"] = describeTensor(weighted.getWeightsValue());
    layer["macs"] = weighted.getMacs();
  }
  if (auto accumulates = dyn_cast<AccumulatorOpInterface>(op))
    if (std::optional<uint64_t> bound = accumulates.getAccumulatorBound())
      layer["accumulator_bound"] = int64_t(*bound);
  return layer;
}

json::Value describeSplitOutliers(const DriverOptions &options) {
  return options.splitOutliers < 0 ? json::Value(false) : json::Value(options.splitOutliers);
}

static json::Object describeOptions(const ReportContext &context) {
  const DriverOptions &options = *context.options;
  json::Object object{{"command_line", json::fixUTF8(options.commandLine)},
                      {"target", context.target},
                      {"numerics", context.numerics},
                      {"io", context.io}};
  if (!context.fromFloat)
    return object; // the rest was decided before
  object["input_type"] = options.pixelInput ? "u8" : "float";
  if (options.pixelInput) {
    object["input_mean"] = json::Array(options.inputMean);
    object["input_std"] = json::Array(options.inputDeviation);
  }
  object["weights"] = options.perChannelWeights ? "per-channel" : "per-tensor";
  object["activations"] = options.symmetricActivations ? "symmetric" : "asymmetric";
  object["calibrator"] = options.calibrator;
  object["exact_inputs"] = options.exactInputs;
  object["equalize"] = options.equalize;
  object["split_channels"] = options.splitChannels;
  object["split_outliers"] = describeSplitOutliers(options);
  object["correct_bias"] = options.correctBias;
  object["bias_bits"] = options.biasBits;
  object["weight_ranges"] = options.weightRanges;
  object["round"] = options.round;
  object["io_layout"] = options.nhwcInterface ? "nhwc" : "model";
  object["batch"] = options.batch;
  if (context.preset && *context.preset != json::Value(nullptr))
    object["preset"] = *context.preset;
  return object;
}

/// What only some compilations have.
static void addOptional(json::Object &report, const ReportContext &context) {
  if (!context.warnings.empty())
    report["warnings"] = json::Array(context.warnings);
  if (!context.machine.empty())
    report["harness"] =
        json::Object{{"file", context.options->name + ".elf"}, {"machine", context.machine}};
}

int64_t countMacs(func::FuncOp network) {
  int64_t macs = 0;
  for (auto layer : network.getOps<WeightedOpInterface>())
    macs += layer.getMacs();
  return macs;
}

json::Value makeReport(func::FuncOp network, const ReportContext &context) {
  json::Array layers;
  int64_t weightBytes = 0;
  llvm::DenseMap<Operation *, int64_t> indices;
  for (auto [index, op] : llvm::enumerate(network.front())) {
    if (isa<ConstantOp>(op) || op.getNumResults() != 1)
      continue;
    json::Object layer = describeLayer(&op);
    layer["from"] = describeSources(&op, indices);
    indices[&op] = static_cast<int64_t>(layers.size());
    if (context.program)
      describeKernels(index, *context.program, layer);
    layers.push_back(std::move(layer));
    if (auto weighted = dyn_cast<WeightedOpInterface>(op))
      weightBytes += cast<ShapedType>(weighted.getWeightsValue().getType()).getNumElements();
  }
  json::Object totals{{"layers", int64_t(layers.size())},
                      {"macs", countMacs(network)},
                      {"weight_bytes", weightBytes}};
  if (context.fromFloat)
    totals["imported_macs"] = context.importedMacs;
  if (const codegen::ProgramInfo *program = context.program) {
    totals["constant_bytes"] = program->constantBytes;
    totals["arena_bytes"] = program->arenaBytes;
    totals["arena_lower_bound_bytes"] = program->arenaLowerBound;
    totals["task_bytes"] = program->taskBytes;
  }
  json::Object report{{"schema", 1},
                      {"name", context.options->name},
                      {"compiler", "qopt " QOPT_VERSION},
                      {"input", json::Object{{"file", json::fixUTF8(context.options->model)},
                                             {"sha256", context.inputHash}}},
                      {"options", describeOptions(context)},
                      {"layers", std::move(layers)},
                      {"totals", std::move(totals)}};
  if (context.diagnostics)
    report["diagnostics"] = json::Object(*context.diagnostics);
  addOptional(report, context);
  return report;
}

Expected<std::string> hashFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(buffer.getError(),
                             path + ": cannot be read: " + buffer.getError().message());
  SHA256 hash;
  hash.update((*buffer)->getBuffer());
  return toHex(hash.final(), /*LowerCase=*/true);
}

} // namespace qopt

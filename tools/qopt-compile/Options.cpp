// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Options.h"
#include "CommandLine.h"

#include "qopt/Calibration/Calibrator.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace llvm;

namespace qopt {

namespace {
#include "OptionTable.inc"
} // namespace

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

static Expected<Stage> parseStage(StringRef text) {
  if (text.empty())
    return Stage::All;
  static constexpr StringRef names[] = {"import", "prepare", "calibrate", "quantize", "kernels"};
  if (Error error = checkChoice("stop-after", text, names))
    return std::move(error);
  return static_cast<Stage>(find(names, text) - std::begin(names));
}

static Expected<EmitSet> parseEmit(ArrayRef<std::string> kinds) {
  if (kinds.empty())
    return EmitSet{true, true, true, true, true};
  EmitSet set;
  for (StringRef kind : kinds) {
    if (Error error = checkChoice("emit", kind, {"mlir", "o", "so", "h", "report"}))
      return std::move(error);
    set.quantized |= kind == "mlir";
    set.object |= kind == "o";
    set.shared |= kind == "so";
    set.header |= kind == "h";
    set.report |= kind == "report";
  }
  return set;
}

std::string makeIdentifier(StringRef stem) {
  std::string name;
  for (char c : stem)
    name.push_back(isAlnum(c) ? c : '_');
  if (name.empty() || isDigit(name[0]))
    name.insert(name.begin(), '_');
  return name;
}

static Error checkPaths(const DriverOptions &options) {
  if (options.listTargets)
    return Error::success();
  if (options.model.empty())
    return fail("no MODEL given; usage: qopt-compile MODEL -o DIR [--calibrate X.npy] (--help)");
  if (options.outputDir.empty())
    return fail("no output folder given; add -o DIR");
  if (makeIdentifier(options.name) != options.name)
    return fail("--name=" + options.name + ": not a C identifier");
  return Error::success();
}

/// Which of the options that only some models take were given.
static void readGiven(const CommandLine &line, DriverOptions &options) {
  static constexpr std::pair<unsigned, StringRef> import[] = {{OPT_batch, "--batch"},
                                                              {OPT_io_layout, "--io-layout"}};
  static constexpr std::pair<unsigned, StringRef> calibration[] = {
      {OPT_calibrate, "--calibrate"},
      {OPT_ranges, "--ranges"},
      {OPT_calibrator, "--calibrator"},
      {OPT_exact_inputs, "--exact-inputs"},
      {OPT_weights, "--weights"},
      {OPT_activations, "--activations"},
      {OPT_input_type, "--input-type"},
      {OPT_equalize, "--equalize"},
      {OPT_correct_bias, "--correct-bias"},
      {OPT_bias_bits, "--bias-bits"},
      {OPT_weight_ranges, "--weight-ranges"},
      {OPT_round, "--round"},
      {OPT_preset, "--preset"},
      {OPT_split_channels, "--split-channels"},
      {OPT_split_outliers, "--split-outliers"}};
  for (auto [id, option] : import)
    if (line.has(id))
      options.importOptions.push_back(option.str());
  for (auto [id, option] : calibration)
    if (line.has(id))
      options.calibrationOptions.push_back(option.str());
}

/// Repairs look at example inputs, and a preset chooses them itself.
static Error checkRepairs(const CommandLine &line, const DriverOptions &options) {
  std::pair<std::string, StringRef> wanted[] = {
      {options.round == "hessian" ? "--round=hessian" : "", "looks at the inputs of layers"},
      {options.correctBias == "none" ? "" : "--correct-bias=" + options.correctBias,
       "measures means"},
      {options.equalize == "noise-model" ? "--equalize=noise-model" : "", "measures activations"},
      {options.splitChannels ? "--split-channels" : "", "measures activations"},
      {line.has(OPT_split_outliers) ? "--split-outliers=" + line.text(OPT_split_outliers) : "",
       "measures activations"},
      {options.exactInputs ? "--exact-inputs" : "", "looks at the inputs"},
      {options.preset.empty() ? "" : "--preset=" + options.preset, "measures errors"}};
  for (const auto &[option, reason] : wanted)
    if (!option.empty() && !line.has(OPT_calibrate))
      return fail(option + ": " + reason + "; add example inputs with --calibrate=X.npy");
  static constexpr std::pair<unsigned, StringRef> chosen[] = {
      {OPT_equalize, "--equalize"},
      {OPT_split_channels, "--split-channels"},
      {OPT_split_outliers, "--split-outliers"},
      {OPT_exact_inputs, "--exact-inputs"},
      {OPT_round, "--round"},
      {OPT_correct_bias, "--correct-bias"}};
  for (auto [id, option] : chosen)
    if (!options.preset.empty() && line.has(id))
      return fail("--preset=" + options.preset + ": chooses " + option +
                  " itself; leave one of the two out");
  return Error::success();
}

static Error readSplitOutliers(const CommandLine &line, DriverOptions &options) {
  if (!line.has(OPT_split_outliers))
    return Error::success();
  std::string text = line.text(OPT_split_outliers);
  // Negated, so that NaN is refused as well.
  if (StringRef(text).getAsDouble(options.splitOutliers) ||
      !(options.splitOutliers >= 0 && options.splitOutliers <= 100))
    return fail("--split-outliers=" + text +
                ": not a percentage of multiply-accumulates, 0 to 100");
  return Error::success();
}

/// Options whose value is one of a few words.
static Error readChoices(const CommandLine &line, DriverOptions &options) {
  std::string weights, activations, layout, biasBits, inputType;
  struct Choice {
    unsigned id;
    StringRef option;
    std::vector<StringRef> choices; ///< the first is the default
    std::string &value;
  };
  const Choice choices[] = {
      {OPT_weights, "weights", {"per-channel", "per-tensor"}, weights},
      {OPT_activations, "activations", {"asymmetric", "symmetric"}, activations},
      {OPT_calibrator, "calibrator", getCalibratorNames(), options.calibrator},
      {OPT_numerics,
       "numerics",
       {"", "fp32", "fixed", "fixed-double", "power-of-two"},
       options.numerics},
      {OPT_io, "io", {"", "float", "quantized"}, options.io},
      {OPT_io_layout, "io-layout", {"model", "nhwc"}, layout},
      {OPT_equalize, "equalize", {"none", "cross-layer", "noise-model"}, options.equalize},
      {OPT_correct_bias, "correct-bias", {"none", "pre", "post", "pre+post"}, options.correctBias},
      {OPT_bias_bits, "bias-bits", {"32", "16"}, biasBits},
      {OPT_weight_ranges, "weight-ranges", {"max", "mse"}, options.weightRanges},
      {OPT_round, "round", {"nearest", "hessian"}, options.round},
      {OPT_preset, "preset", {"", "fast", "best"}, options.preset},
      {OPT_input_type, "input-type", {"float", "u8"}, inputType}};
  for (const Choice &choice : choices) {
    choice.value = line.text(choice.id, choice.choices.front());
    if (Error error = checkChoice(choice.option, choice.value, choice.choices))
      return error;
  }
  options.perChannelWeights = weights == "per-channel";
  options.symmetricActivations = activations == "symmetric";
  options.nhwcInterface = layout == "nhwc";
  options.biasBits = biasBits == "16" ? 16 : 32;
  options.pixelInput = inputType == "u8";
  options.splitChannels = line.has(OPT_split_channels);
  options.exactInputs = line.has(OPT_exact_inputs);
  if (Error error = readSplitOutliers(line, options))
    return error;
  return checkRepairs(line, options);
}

static Expected<std::vector<float>> readReals(const CommandLine &line, unsigned id,
                                              StringRef option) {
  std::vector<float> values;
  for (StringRef text : line.list(id)) {
    double value;
    if (text.getAsDouble(value) || !std::isfinite(static_cast<float>(value)))
      return fail("--" + option + "=" + text + ": not a number");
    values.push_back(static_cast<float>(value));
  }
  return values;
}

static Error readNormalization(const CommandLine &line, DriverOptions &options) {
  for (auto [id, option] : {std::pair<unsigned, StringRef>(OPT_input_mean, "--input-mean"),
                            {OPT_input_std, "--input-std"}})
    if (line.has(id) && !options.pixelInput)
      return fail(option + ": is how pixels are normalized; add --input-type=u8");
  Expected<std::vector<float>> mean = readReals(line, OPT_input_mean, "input-mean");
  if (!mean)
    return mean.takeError();
  Expected<std::vector<float>> deviation = readReals(line, OPT_input_std, "input-std");
  if (!deviation)
    return deviation.takeError();
  for (float value : *deviation)
    if (value <= 0)
      return fail("--input-std: a standard deviation is positive");
  options.inputMean = std::move(*mean);
  options.inputDeviation = std::move(*deviation);
  return Error::success();
}

static Error readNumbers(const CommandLine &line, DriverOptions &options) {
  Expected<int64_t> threads = line.integer(OPT_threads, "threads", 0, 1, 1024);
  if (!threads)
    return threads.takeError();
  Expected<int64_t> batch = line.integer(OPT_batch, "batch", 1, 1, 65536);
  if (!batch)
    return batch.takeError();
  options.threads = *threads;
  options.batch = *batch;
  return readNormalization(line, options);
}

static void readPaths(const CommandLine &line, DriverOptions &options) {
  options.model = line.positional;
  options.outputDir = line.text(OPT_output);
  options.name = line.text(OPT_name, makeIdentifier(sys::path::stem(options.model)));
  options.calibrationData = line.text(OPT_calibrate);
  options.rangesFile = line.text(OPT_ranges);
  options.target = line.text(OPT_target, "host");
  options.dumpAsm = line.text(OPT_dump_asm);
  options.harness = line.has(OPT_harness);
  options.listTargets = line.has(OPT_list_targets);
  options.emitGiven = line.has(OPT_emit);
  options.htmlReport = line.has(OPT_html_report);
}

Expected<DriverOptions> parseDriverOptions(int argc, char **argv) {
  static const ToolDescription tool = {
      "qopt-compile",
      "qopt-compile MODEL -o DIR [--calibrate X.npy|X.npz] [options]",
      "qopt-compile: a float network and example inputs in, an integer library out.\n"
      "MODEL is an .onnx, or .mlir of any level. Writes NAME.quantized.mlir, NAME.o, NAME.so,\n"
      "NAME.h, qopt_abi.h and NAME.report.json into DIR",
      OPT_help,
      OPT_version,
      OPT_INPUT,
      OPT_UNKNOWN};
  OptionTable table;
  Expected<CommandLine> line = CommandLine::parse(argc, argv, table, tool);
  if (!line)
    return line.takeError();
  DriverOptions options;
  readPaths(*line, options);
  readGiven(*line, options);
  if (Error error = checkPaths(options))
    return std::move(error);
  if (Error error = readChoices(*line, options))
    return std::move(error);
  if (Error error = readNumbers(*line, options))
    return std::move(error);
  Expected<Stage> stage = parseStage(line->text(OPT_stop_after));
  if (!stage)
    return stage.takeError();
  options.stopAfter = *stage;
  Expected<EmitSet> emit = parseEmit(line->list(OPT_emit));
  if (!emit)
    return emit.takeError();
  options.emit = *emit;
  for (int i = 1; i < argc; ++i)
    options.commandLine += (i > 1 ? " " : "") + std::string(argv[i]);
  return options;
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Options.h"
#include "CommandLine.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace qopt {

namespace {
#include "OptionTable.inc"
} // namespace

static constexpr StringRef kNames[] = {"fastest",   "float", "simulated",
                                       "reference", "jit",   "native"};

StringRef getEngineName(EngineKind kind) { return kNames[static_cast<int>(kind)]; }

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Expected<EngineKind> parseEngineName(StringRef option, StringRef name) {
  auto names = ArrayRef(kNames).drop_front();
  if (Error error = checkChoice(option, name, names))
    return std::move(error);
  return static_cast<EngineKind>(1 + (find(names, name) - names.begin()));
}

static Error readBench(const CommandLine &line, RunOptions &options) {
  if (!line.has(OPT_bench) && !line.has(OPT_bench_seconds))
    return Error::success();
  options.benchSeconds = 1;
  std::string text = line.text(OPT_bench_seconds, "1");
  if (StringRef(text).getAsDouble(options.benchSeconds) || !(options.benchSeconds > 0) ||
      options.benchSeconds > 3600)
    return fail("--bench=" + text + ": expected seconds, more than 0 and at most 3600");
  return Error::success();
}

static Error readEngines(const CommandLine &line, RunOptions &options) {
  if (line.has(OPT_engine)) {
    Expected<EngineKind> kind = parseEngineName("engine", line.text(OPT_engine));
    if (!kind)
      return kind.takeError();
    options.engine = *kind;
  }
  for (StringRef name : line.list(OPT_compare)) {
    Expected<EngineKind> kind = parseEngineName("compare", name);
    if (!kind)
      return kind.takeError();
    options.compare.push_back(*kind);
  }
  if (!options.compare.empty() && options.compare.size() != 2)
    return fail("--compare: expected two engines, e.g. --compare=reference,jit");
  if (is_contained(options.compare, EngineKind::Native))
    return fail("--compare: a compiled library keeps no intermediate tensors; compare jit instead");
  return Error::success();
}

static Error readNumbers(const CommandLine &line, RunOptions &options) {
  Expected<int64_t> threads = line.integer(OPT_threads, "threads", 1, 1, 1024);
  if (!threads)
    return threads.takeError();
  Expected<int64_t> batch = line.integer(OPT_batch, "batch", 1, 1, 65536);
  if (!batch)
    return batch.takeError();
  options.threads = *threads;
  options.batch = *batch;
  options.batchGiven = line.has(OPT_batch);
  return Error::success();
}

static Error checkWork(const RunOptions &options) {
  if (options.model.empty())
    return fail("no MODEL given; usage: qopt-run MODEL --input X.npy --output Y.npy (--help)");
  if (options.input.empty())
    return fail("no input given; add --input X.npy");
  bool hasWork = !options.output.empty() || options.benchSeconds > 0 || options.profile ||
                 !options.dumpDir.empty() || !options.compare.empty() || !options.analyze.empty();
  if (!hasWork)
    return fail("nothing to do; add --output Y.npy, --bench, --profile, --dump-tensors=DIR, "
                "--compare=A,B or --analyze=NAME.quantized.mlir");
  if (options.sensitivity && options.analyze.empty())
    return fail("--sensitivity: needs the quantized network; add --analyze=NAME.quantized.mlir");
  bool isExecutable = StringRef(options.model).ends_with(".elf");
  if (isExecutable && options.benchSeconds > 0)
    return fail("--bench: the time of a program under an emulator says nothing; count "
                "its packets with --packets (Hexagon) or time NAME.so");
  if (options.packets && options.output.empty())
    return fail("--packets: counts the run that --output asks for; add --output Y.npy");
  StringRef output = options.output;
  if (!output.empty() && !output.ends_with(".npy") && !output.ends_with(".npz"))
    return fail("--output=" + output + ": expected a name ending in .npy or .npz");
  return Error::success();
}

Expected<RunOptions> parseRunOptions(int argc, char **argv) {
  static const ToolDescription tool = {
      "qopt-run",
      "qopt-run MODEL --input X.npy|X.npz --output Y.npy|Y.npz [options]",
      "qopt-run: runs a network of any level on NumPy data, times it, compares engines.\n"
      "MODEL is an .onnx, .mlir of levels 1 to 3, or a compiled .so or .elf",
      OPT_help,
      OPT_version,
      OPT_INPUT,
      OPT_UNKNOWN};
  OptionTable table;
  Expected<CommandLine> line = CommandLine::parse(argc, argv, table, tool);
  if (!line)
    return line.takeError();
  RunOptions options;
  options.model = line->positional;
  options.input = line->text(OPT_input);
  options.output = line->text(OPT_output);
  options.target = line->text(OPT_target, "host");
  options.targetGiven = line->has(OPT_target);
  options.analyze = line->text(OPT_analyze);
  options.dumpDir = line->text(OPT_dump_tensors);
  options.emulator = line->text(OPT_emulator);
  options.emulatorCpu = line->text(OPT_emulator_cpu);
  options.packets = line->has(OPT_packets);
  options.json = line->has(OPT_json);
  options.profile = line->has(OPT_profile);
  options.plainFloat = line->has(OPT_plain_float);
  options.sensitivity = line->has(OPT_sensitivity);
  for (auto read : {readEngines, readBench, readNumbers})
    if (Error error = read(*line, options))
      return std::move(error);
  if (Error error = checkWork(options))
    return std::move(error);
  return options;
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a network of any level on NumPy data, times it, and compares engines.
#include "Analyze.h"
#include "Bench.h"
#include "CommandLine.h"
#include "Compare.h"
#include "DataSet.h"
#include "Engines.h"
#include "LayerCosts.h"
#include "ModelFile.h"
#include "Progress.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

static Error runAll(Engine &engine, const DataSet &data, const RunOptions &options) {
  OutputStack outputs(engine.outputs(), data.calls());
  ProgressLine line("running");
  auto progress = [&](int64_t done, int64_t total) { line.update(done, total); };
  if (Error error = engine.runMany(data.calls(), data.pointers(), outputs.pointers(), progress))
    return error;
  return outputs.write(options.output);
}

static Error bench(Engine &engine, const DataSet &data, const RunOptions &options,
                   json::Object &result) {
  Expected<Latency> latency = measureLatency(engine, data.pointers(), options.benchSeconds);
  if (!latency)
    return latency.takeError();
  if (options.json)
    result["latency_ms"] = json::Object{{"min", latency->minMs}, {"median", latency->medianMs}};
  else
    outs() << formatv("minimum {0:f3} ms, median {1:f3} ms ({2} runs, --threads={3})\n",
                      latency->minMs, latency->medianMs, latency->runs, options.threads);
  result["runs"] = latency->runs;
  return Error::success();
}

static Error profile(Engine &engine, const DataSet &data, const RunOptions &options,
                     json::Object &result) {
  Expected<std::vector<LayerTime>> layers =
      engine.profile(data.pointers(), options.benchSeconds > 0 ? options.benchSeconds : 1.0);
  if (!layers)
    return nameFile(options.model, layers.takeError());
  std::optional<MachineRates> rates;
  if (options.json) {
    Expected<MachineRates> measured = MachineRates::measure(options.target);
    if (!measured)
      return measured.takeError();
    rates = *measured;
    result["machine"] = rates->toJson();
  }
  json::Array array;
  double total = 0;
  for (const LayerTime &layer : *layers)
    total += layer.minMs;
  for (const LayerTime &layer : *layers) {
    if (rates)
      array.push_back(rates->describe(layer));
    if (!options.json)
      outs() << formatv("{0,9:f4} ms {1,5:f1} %  {2}  {3}\n", layer.minMs,
                        100 * layer.minMs / total, layer.layer, layer.kernel);
  }
  result["layers"] = std::move(array);
  return Error::success();
}

/// Returns the exit status: 1 where the engines differ.
static Expected<int> compare(EngineFactory &factory, const RunOptions &options) {
  std::unique_ptr<Engine> engines[2];
  for (int i = 0; i < 2; ++i) {
    Expected<std::unique_ptr<Engine>> engine =
        factory.create(options.compare[i], /*withTaps=*/true);
    if (!engine)
      return engine.takeError();
    engines[i] = std::move(*engine);
  }
  Expected<DataSet> data = DataSet::open(options.input, engines[0]->inputs());
  if (!data)
    return data.takeError();
  bool differ = false;
  Expected<std::string> text = compareEngines(*engines[0], *engines[1], data->pointers(), differ);
  if (!text)
    return text.takeError();
  outs() << *text << "\n";
  return differ ? 1 : 0;
}

/// Everything that one engine does.
static Error work(EngineFactory &factory, const RunOptions &options) {
  EngineKind kind = options.engine == EngineKind::Fastest ? factory.fastest() : options.engine;
  Expected<std::unique_ptr<Engine>> engine = factory.create(kind, !options.dumpDir.empty());
  if (!engine)
    return engine.takeError();
  if (Error error = factory.checkOptions(kind))
    return error;
  Expected<DataSet> data = DataSet::open(options.input, (*engine)->inputs());
  if (!data)
    return data.takeError();
  json::Object result{{"engine", getEngineName(kind)},
                      {"threads", int64_t(options.threads)},
                      {"samples", data->calls()}};
  if (!options.dumpDir.empty())
    if (Error error = dumpTensors(**engine, data->pointers(), options.dumpDir))
      return nameFile(options.model, std::move(error));
  if (!options.output.empty())
    if (Error error = runAll(**engine, *data, options))
      return error;
  if (std::optional<double> packets = (*engine)->packetsPerRun()) {
    result["packets"] = *packets;
    if (!options.json)
      outs() << formatv("{0:f1} packets per run\n", *packets);
  }
  if (options.benchSeconds > 0 && !options.profile)
    if (Error error = bench(**engine, *data, options, result))
      return error;
  if (options.profile)
    if (Error error = profile(**engine, *data, options, result))
      return error;
  if (options.json)
    outs() << json::Value(std::move(result)) << "\n";
  return Error::success();
}

static Expected<int> runTool(int argc, char **argv) {
  Expected<RunOptions> options = parseRunOptions(argc, argv);
  if (!options)
    return options.takeError();
  if (!options->analyze.empty()) {
    if (Error error = analyze(*options))
      return std::move(error);
    return 0;
  }
  Expected<EngineFactory> factory = EngineFactory::open(*options);
  if (!factory)
    return factory.takeError();
  if (!options->compare.empty())
    return compare(*factory, *options);
  if (Error error = work(*factory, *options))
    return std::move(error);
  return 0;
}

} // namespace qopt

int main(int argc, char **argv) {
  Expected<int> status = qopt::runTool(argc, argv);
  return status ? *status : qopt::reportError("qopt-run", status.takeError());
}

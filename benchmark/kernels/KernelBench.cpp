// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-kernel-bench: single layers and the layers of known networks, with their share of what the
// dot instruction reached from registers just before.
#include "LayerSets.h"

#include "qopt/ExecutionEngine/DotPeak.h"

#include <benchmark/benchmark.h>

using namespace qopt;
using namespace qopt::benchmark;

namespace {

/// Of vpdpbusd on 512-bit vectors, two a cycle: what turns a rate into cycles.
constexpr double kMacsPerCycle = 128;

/// Minima over fewer passes would depend on who else uses the machine.
constexpr int64_t kLeastPasses = 10;

struct Totals {
  double macs = 0, bytes = 0, results = 0;
  void add(const Layer &layer) {
    macs += static_cast<double>(layer.count) * layer.macs();
    results += static_cast<double>(layer.count) * layer.resultElements();
    bytes += static_cast<double>(layer.count) *
             (layer.inputElements() + layer.weightElements() + layer.resultElements());
  }
};

/// `fastest`: seconds of one pass over the layers, its parts' minima added up.
void report(::benchmark::State &state, const Totals &totals, double fastest, double peak,
            bool hasCycles) {
  state.counters["GB/s"] = totals.bytes / fastest * 1e-9;
  if (totals.macs == 0)
    return;
  state.counters["GMAC/s"] = totals.macs / fastest * 1e-9;
  if (peak == 0)
    return;
  state.counters["peak_GMAC/s"] = peak * 1e-9;
  state.counters["share_%"] = 100 * totals.macs / fastest / peak;
  if (hasCycles)
    state.counters["results/cycle"] = totals.results / fastest / (peak / kMacsPerCycle);
}

/// Layers in turns, so that the weights of one are not all in the cache when it comes again.
void runLayers(::benchmark::State &state, const std::vector<Layer> &layers, const Target &target) {
  auto peak = measureDotPeak(target);
  if (!peak)
    return state.SkipWithError(llvm::toString(peak.takeError()).c_str());
  Totals totals;
  std::vector<std::unique_ptr<LayerRunner>> runners;
  for (const Layer &layer : layers) {
    auto runner = LayerRunner::create(layer, target);
    if (!runner)
      return state.SkipWithError(llvm::toString(runner.takeError()).c_str());
    runners.push_back(std::move(*runner));
    totals.add(layer);
  }
  std::vector<double> fastest(layers.size(), 1e9);
  auto pass = [&] {
    double seconds = 0;
    for (size_t i = 0; i < runners.size(); ++i) {
      double taken = runners[i]->run();
      fastest[i] = std::min(fastest[i], taken);
      seconds += layers[i].count * taken;
    }
    return seconds;
  };
  for (auto _ : state)
    state.SetIterationTime(pass());
  for (int64_t done = state.iterations(); done < kLeastPasses; ++done)
    pass();
  double sum = 0;
  for (size_t i = 0; i < layers.size(); ++i)
    sum += layers[i].count * fastest[i];
  bool wide = target.rows->getLanes() == 16;
  bool hasCycles = wide && layers.front().kind == Kind::Depthwise;
  report(state, totals, sum, std::max(*peak, llvm::cantFail(measureDotPeak(target))), hasCycles);
}

void add(const Target &target, const std::string &name, const std::vector<Layer> &layers) {
  ::benchmark::RegisterBenchmark(
      (target.name + "/" + name).str().c_str(),
      [&target, layers](::benchmark::State &state) { runLayers(state, layers, target); })
      ->UseManualTime()
      ->MinTime(0.05);
}

} // namespace

int main(int argc, char **argv) {
  for (const Target *target : getHostTargets()) {
    if (target->rows->getLanes() == 1)
      continue; // scalar: minutes
    add(*target, "product/512x512x512", {{Kind::FullyConnected, 512, 512, 512}});
    for (const Layer &layer : getSingleLayers())
      add(*target, layer.getName(), {layer});
    for (const LayerSet &set : getLayerSets())
      add(*target, set.name, set.layers);
  }
  ::benchmark::Initialize(&argc, argv);
  if (::benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  ::benchmark::RunSpecifiedBenchmarks();
  ::benchmark::Shutdown();
  return 0;
}

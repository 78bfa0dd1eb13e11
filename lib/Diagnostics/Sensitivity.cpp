// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Diagnostics/Sensitivity.h"

#include "MixedNetwork.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

namespace {

/// Mixed networks that run at one time, beside the float network: so many engines are alive.
constexpr size_t kGroup = 8;

/// Runs over the samples to find biases for mixed networks.
constexpr unsigned kBiasSteps = 4;

/// Elements of every output for one batch.
using Outputs = std::vector<std::vector<float>>;
using Biases = std::vector<std::vector<float>>;

/// A choice of layers to quantize.
struct Mix {
  llvm::BitVector quantized;
  Biases biases; ///< by site; empty: as they are
};

/// Sums over a layer and its twin, by channel.
struct ProbeSums {
  explicit ProbeSums(size_t channels = 0) : layer(channels), twin(channels), inside(channels) {}

  void merge(const ProbeSums &other) {
    values += other.values;
    for (size_t c = 0; c < layer.size(); ++c) {
      layer[c] += other.layer[c];
      twin[c] += other.twin[c];
      inside[c] += other.inside[c];
    }
  }

  std::vector<double> getLayerMeans() const {
    std::vector<double> means;
    for (double sum : layer)
      means.push_back(values > 0 ? sum / values : 0.0);
    return means;
  }
  void setLayerMeans(ArrayRef<double> means) {
    for (auto [sum, mean] : llvm::zip_equal(layer, means))
      sum = mean * values;
  }

  double values = 0; ///< per channel
  std::vector<double> layer, twin, inside;
};

class SensitivityRun {
public:
  SensitivityRun(func::FuncOp exact, MixedNetworks networks, const SampleSource &source,
                 const SensitivityOptions &options)
      : exact(exact), networks(std::move(networks)), source(source), options(options),
        numSites(this->networks.getSites().size()), resultTypes(exact.getResultTypes()),
        batches(std::min(source.numBatches(), options.mostBatches.value_or(source.numBatches()))) {}

  llvm::Expected<Sensitivity> run();

private:
  struct Engine {
    MixedNetwork network;
    std::unique_ptr<FloatEngine> engine;
  };

  llvm::Error measureBiases();
  llvm::Expected<Biases> findBiases(bool isQuantized);
  llvm::Expected<std::vector<ProbeSums>> probe(MixedNetwork network);
  llvm::Error tuneKept(Mix &mix, ArrayRef<size_t> sites);
  llvm::Error measureSites(Sensitivity &result);
  llvm::Error measureKept(Sensitivity &result);
  void predict(Sensitivity &result) const;
  llvm::Expected<std::vector<Fidelity>> measure(ArrayRef<Mix> mixes);
  llvm::Expected<std::vector<Fidelity>> measureGroup(ArrayRef<Mix> mixes);
  llvm::Expected<Engine> makeEngine(MixedNetwork network) const;
  Outputs makeOutputs() const;
  llvm::Error runOne(const FloatEngine &engine, ArrayRef<std::vector<float>> inputs,
                     Outputs &outputs, FloatEngine::Tap tap = nullptr) const;
  void countRuns(int64_t runs);

  Mix makeOnly(size_t site) const;
  Mix makeKept(ArrayRef<size_t> sites) const;

  func::FuncOp exact;
  MixedNetworks networks;
  const SampleSource &source;
  const SensitivityOptions &options;
  size_t numSites;
  ArrayRef<Type> resultTypes;
  int64_t batches, runsDone = 0, runsInAll = 0;
  std::unique_ptr<FloatEngine> exactEngine;
  Biases onlyBiases, keptBiases; ///< by site, for mixes in which it is alone
  /// By site: means of the channels where all is quantized.
  std::vector<std::vector<double>> means;
};

} // namespace

//===----------------------------------------------------------------------===//
// Engines
//===----------------------------------------------------------------------===//

llvm::Expected<SensitivityRun::Engine> SensitivityRun::makeEngine(MixedNetwork network) const {
  Engine result{std::move(network), nullptr};
  FloatEngineOptions engineOptions;
  engineOptions.plainLoops = options.plainFloat;
  auto isProbed = [&](Operation *op) {
    return llvm::any_of(result.network.probes,
                        [&](const Probe &probe) { return op == probe.layer || op == probe.twin; });
  };
  engineOptions.tapped = isProbed;
  auto engine = createFloatEngine(result.network.function, engineOptions);
  if (!engine)
    return engine.takeError();
  result.engine = std::move(*engine);
  return result;
}

Outputs SensitivityRun::makeOutputs() const {
  Outputs outputs;
  for (Type type : resultTypes)
    outputs.emplace_back(cast<RankedTensorType>(type).getNumElements());
  return outputs;
}

llvm::Error SensitivityRun::runOne(const FloatEngine &engine, ArrayRef<std::vector<float>> inputs,
                                   Outputs &outputs, FloatEngine::Tap tap) const {
  SmallVector<ArrayRef<float>> views(inputs.begin(), inputs.end());
  SmallVector<MutableArrayRef<float>> results(outputs.begin(), outputs.end());
  return engine.run(views, tap, results);
}

void SensitivityRun::countRuns(int64_t runs) {
  runsDone += runs;
  if (options.progress)
    options.progress(runsDone, runsInAll);
}

static size_t getRowSize(Type type) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
  return shape.empty() ? 1 : shape.back();
}

/// The float network runs once for the whole group, each mix of it on the same sample.
llvm::Expected<std::vector<Fidelity>> SensitivityRun::measureGroup(ArrayRef<Mix> mixes) {
  std::vector<Engine> engines;
  for (const Mix &mix : mixes) {
    llvm::Expected<Engine> engine = makeEngine(networks.make(mix.quantized, mix.biases));
    if (!engine)
      return engine.takeError();
    engines.push_back(std::move(*engine));
  }
  std::vector<Fidelity> totals(mixes.size());
  for (int64_t begin = 0, block = options.threads; begin < batches; begin += block) {
    int64_t count = std::min(batches - begin, block);
    std::vector<std::vector<Fidelity>> seen(count, std::vector<Fidelity>(mixes.size()));
    auto runSample = [&](int64_t index) -> llvm::Error {
      auto inputs = source.getBatch(begin + index);
      if (!inputs)
        return inputs.takeError();
      Outputs wanted = makeOutputs(), outputs = makeOutputs();
      if (llvm::Error error = runOne(*exactEngine, *inputs, wanted))
        return error;
      for (auto [engine, fidelity] : llvm::zip_equal(engines, seen[index])) {
        if (llvm::Error error = runOne(*engine.engine, *inputs, outputs))
          return error;
        for (auto [type, a, b] : llvm::zip_equal(resultTypes, wanted, outputs))
          fidelity.addRows(a, b, getRowSize(type));
      }
      return llvm::Error::success();
    };
    if (llvm::Error error = parallelFor(options.threads, count, runSample))
      return std::move(error);
    for (const std::vector<Fidelity> &sample : seen)
      for (auto [total, part] : llvm::zip_equal(totals, sample))
        total.merge(part);
    countRuns(count * static_cast<int64_t>(mixes.size()));
  }
  return totals;
}

llvm::Expected<std::vector<Fidelity>> SensitivityRun::measure(ArrayRef<Mix> mixes) {
  std::vector<Fidelity> all;
  for (; !mixes.empty(); mixes = mixes.drop_front(std::min(kGroup, mixes.size()))) {
    auto group = measureGroup(mixes.take_front(kGroup));
    if (!group)
      return group.takeError();
    llvm::append_range(all, *group);
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

static void addProbe(ProbeSums &sums, const Probe &probe, Operation *op, ArrayRef<float> values) {
  size_t channels = sums.layer.size();
  std::vector<double> &own = op == probe.layer ? sums.layer : sums.twin;
  for (size_t i = 0; i < values.size(); ++i)
    own[i % channels] += values[i];
  if (op != probe.twin)
    return;
  sums.values += static_cast<double>(values.size()) / static_cast<double>(channels);
  for (size_t i = 0; i < values.size(); ++i)
    sums.inside[i % channels] += probe.isInside(values[i], i % channels);
}

/// One step of Newton's method per channel: a bias moves the values inside the clamp alone.
static void moveBias(const ProbeSums &sums, std::vector<float> &bias) {
  constexpr double kLeastSlope = 0.05;
  for (size_t c = 0; c < sums.twin.size() && sums.values > 0; ++c) {
    double slope = std::max(sums.inside[c] / sums.values, kLeastSlope);
    bias[c] += static_cast<float>((sums.layer[c] - sums.twin[c]) / sums.values / slope);
  }
}

static void moveBiases(ArrayRef<ProbeSums> sums, Biases &biases) {
  for (auto [own, bias] : llvm::zip_equal(sums, biases))
    moveBias(own, bias);
}

llvm::Expected<std::vector<ProbeSums>> SensitivityRun::probe(MixedNetwork network) {
  llvm::Expected<Engine> engine = makeEngine(std::move(network));
  if (!engine)
    return engine.takeError();
  ArrayRef<Probe> probes = engine->network.probes;
  std::vector<ProbeSums> empty;
  llvm::DenseMap<Operation *, size_t> indices;
  for (auto [index, own] : llvm::enumerate(probes)) {
    empty.emplace_back(own.twin ? networks.getSites()[index].exactBias.size() : 0);
    for (Operation *op : {own.layer, own.twin})
      if (op)
        indices[op] = index;
  }
  std::vector<ProbeSums> totals = empty;
  for (int64_t begin = 0, block = options.threads; begin < batches; begin += block) {
    int64_t count = std::min(batches - begin, block);
    std::vector<std::vector<ProbeSums>> seen(count, empty);
    auto runSample = [&](int64_t sample) -> llvm::Error {
      auto inputs = source.getBatch(begin + sample);
      if (!inputs)
        return inputs.takeError();
      Outputs outputs = makeOutputs();
      return runOne(*engine->engine, *inputs, outputs, [&](Operation *op, ArrayRef<float> values) {
        size_t index = indices.lookup(op);
        addProbe(seen[sample][index], probes[index], op, values);
      });
    };
    if (llvm::Error error = parallelFor(options.threads, count, runSample))
      return std::move(error);
    for (const std::vector<ProbeSums> &sample : seen)
      for (auto [total, part] : llvm::zip_equal(totals, sample))
        total.merge(part);
    countRuns(count);
  }
  return totals;
}

/// Biases with which a layer, alone of its kind in a network that is all quantized or all float,
/// keeps the mean that it has there: so what later layers make up for stays the same.
llvm::Expected<Biases> SensitivityRun::findBiases(bool isQuantized) {
  Biases biases;
  for (const RoundingSite &site : networks.getSites())
    biases.push_back(isQuantized ? site.quantizedBias : site.exactBias);
  for (unsigned step = 0; step < kBiasSteps; ++step) {
    auto sums = probe(networks.makeWithTwins(llvm::BitVector(numSites, isQuantized), biases));
    if (!sums)
      return sums.takeError();
    moveBiases(*sums, biases);
    if (!isQuantized || step != 0)
      continue;
    for (const ProbeSums &own : *sums)
      means.push_back(own.getLayerMeans());
  }
  return biases;
}

/// The same for several layers at once, which see each other.
llvm::Error SensitivityRun::tuneKept(Mix &mix, ArrayRef<size_t> sites) {
  if (!networks.hasCorrectedBiases())
    return llvm::Error::success();
  for (unsigned step = 0; step < kBiasSteps; ++step) {
    auto sums = probe(networks.make(mix.quantized, mix.biases, /*withProbes=*/true));
    if (!sums)
      return sums.takeError();
    for (size_t site : sites) {
      if (mix.biases[site].empty())
        continue; // has no weights
      (*sums)[site].setLayerMeans(means[site]);
      moveBias((*sums)[site], mix.biases[site]);
    }
  }
  return llvm::Error::success();
}

llvm::Error SensitivityRun::measureBiases() {
  onlyBiases.resize(numSites);
  keptBiases.resize(numSites);
  if (!networks.hasCorrectedBiases())
    return llvm::Error::success();
  auto alone = findBiases(/*isQuantized=*/false);
  if (!alone)
    return alone.takeError();
  auto among = findBiases(/*isQuantized=*/true);
  if (!among)
    return among.takeError();
  onlyBiases = std::move(*alone);
  keptBiases = std::move(*among);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// What is measured
//===----------------------------------------------------------------------===//

Mix SensitivityRun::makeOnly(size_t site) const {
  Mix mix{llvm::BitVector(numSites, false), Biases(numSites)};
  mix.quantized.set(site);
  mix.biases[site] = onlyBiases[site];
  return mix;
}

Mix SensitivityRun::makeKept(ArrayRef<size_t> sites) const {
  Mix mix{llvm::BitVector(numSites, true), Biases(numSites)};
  for (size_t site : sites) {
    mix.quantized.reset(site);
    mix.biases[site] = keptBiases[site];
  }
  return mix;
}

llvm::Error SensitivityRun::measureSites(Sensitivity &result) {
  std::vector<Mix> mixes{makeKept({})};
  for (size_t site = 0; site < numSites; ++site) {
    mixes.push_back(makeOnly(site));
    mixes.push_back(makeKept(site));
  }
  auto measured = measure(mixes);
  if (!measured)
    return measured.takeError();
  result.allQuantized = measured->front();
  for (auto [index, site] : llvm::enumerate(result.sites)) {
    site.onlyQuantized = (*measured)[1 + 2 * index];
    site.keptFloat = (*measured)[2 + 2 * index];
  }
  return llvm::Error::success();
}

/// Together they bring about what they bring one by one: noise adds up.
llvm::Error SensitivityRun::measureKept(Sensitivity &result) {
  std::vector<size_t> order;
  for (auto [index, site] : llvm::enumerate(result.sites))
    if (site.exact && site.keptFloat.sqnrDb() > result.allQuantized.sqnrDb())
      order.push_back(index);
  // Of equal ones the first.
  llvm::sort(order, [&](size_t a, size_t b) {
    double first = result.sites[a].keptFloat.sqnrDb(), second = result.sites[b].keptFloat.sqnrDb();
    return first != second ? first > second : a < b;
  });
  order.resize(std::min<size_t>(order.size(), options.mostKept));
  std::vector<Mix> mixes;
  for (size_t count = 1; count <= order.size(); ++count) {
    KeptLayers kept;
    kept.sites.assign(order.begin(), order.begin() + count);
    for (size_t site : kept.sites)
      kept.macs += result.sites[site].macs;
    mixes.push_back(makeKept(kept.sites));
    if (count > 1)
      if (llvm::Error error = tuneKept(mixes.back(), kept.sites))
        return error;
    result.kept.push_back(std::move(kept));
  }
  auto measured = measure(mixes);
  if (!measured)
    return measured.takeError();
  for (auto [kept, outputs] : llvm::zip_equal(result.kept, *measured))
    kept.outputs = outputs;
  return llvm::Error::success();
}

/// The model predicts energies; the signal that they compare with is measured.
void SensitivityRun::predict(Sensitivity &result) const {
  double signal = result.allQuantized.signalEnergy() / static_cast<double>(batches);
  for (auto [own, site] : llvm::zip_equal(result.sites, networks.getSites())) {
    double noise = site.weightedExact ? options.prediction->getWeights(site.weightedExact) : 0.0;
    if (site.type)
      noise += options.prediction->getActivation(site.exactValue);
    if (noise > 0 && signal > 0)
      own.predictedSqnrDb = 10 * std::log10(signal / noise);
  }
}

llvm::Expected<Sensitivity> SensitivityRun::run() {
  Sensitivity result;
  result.batches = batches;
  result.correctsBiases = networks.hasCorrectedBiases();
  for (const RoundingSite &site : networks.getSites()) {
    SiteSensitivity own;
    own.name = site.name;
    own.exact = site.exact;
    own.weighted = site.weightedExact;
    if (auto layer = dyn_cast_or_null<WeightedOpInterface>(site.weightedExact)) {
      own.macs = layer.getMacs();
      own.weights = cast<ShapedType>(layer.getWeightsValue().getType()).getNumElements();
    }
    result.macs += own.macs;
    result.sites.push_back(std::move(own));
  }
  runsInAll = batches * (2 * kBiasSteps * result.correctsBiases + 1 + 2 * numSites +
                         (1 + kBiasSteps * result.correctsBiases) *
                             std::min<int64_t>(numSites, options.mostKept));
  FloatEngineOptions engineOptions;
  engineOptions.plainLoops = options.plainFloat;
  auto isNever = [](Operation *) { return false; };
  engineOptions.tapped = isNever;
  auto engine = createFloatEngine(exact, engineOptions);
  if (!engine)
    return engine.takeError();
  exactEngine = std::move(*engine);
  if (llvm::Error error = measureBiases())
    return std::move(error);
  if (llvm::Error error = measureSites(result))
    return std::move(error);
  if (llvm::Error error = measureKept(result))
    return std::move(error);
  if (options.prediction)
    predict(result);
  return result;
}

llvm::Expected<Sensitivity> qopt::measureSensitivity(func::FuncOp exact, func::FuncOp quantized,
                                                     const SampleSource &source,
                                                     const SensitivityOptions &options) {
  llvm::Expected<MixedNetworks> networks = MixedNetworks::create(exact, quantized);
  if (!networks)
    return networks.takeError();
  return SensitivityRun(exact, std::move(*networks), source, options).run();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Preset.h"
#include "Report.h"
#include "Stages.h"

#include "qopt/Analysis/Fidelity.h"
#include "qopt/Calibration/SampleSource.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/Support/TemporaryFolder.h"
#include "qopt/Target/Target.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

namespace {

/// A set of options that may be worth it.
struct Recipe {
  const char *equalize;
  bool splitChannels;
  const char *round;
  const char *correctBias;
  double splitOutliers = -1; ///< percent; less than 0: not at all
};

/// What a recipe comes to.
struct Rating {
  Fidelity fidelity;
  int64_t macs = 0;
};

/// Elements of every output for one batch.
using Outputs = std::vector<std::vector<float>>;

/// Tries recipes and remembers the best.
class Trials {
public:
  Trials(const DriverOptions &options, Model &model) : options(options), model(model) {}

  Expected<json::Value> run(DriverOptions &chosen);

private:
  void split(int64_t count);
  Error computeExact(func::FuncOp network, const SampleSource &source);
  DriverOptions makeCandidate(const Recipe &recipe, StringRef data) const;
  bool isWorthTrying(const Recipe &recipe) const;
  Expected<Rating> rate(const DriverOptions &candidate, const SampleSource &source);
  Error compare(CompiledNetwork &network, const SampleSource &source, Fidelity &fidelity);

  const DriverOptions &options;
  Model &model;
  int64_t usedForTrials = 0, heldOutBegin = 0, heldOutEnd = 0;
  std::vector<Outputs> exact; ///< of the held-out batches
  std::optional<Rating> plain, best;
};

} // namespace

/// More samples hardly change what is found, and trials take the longer. Fewer do: a fully
/// connected layer sees one vector of inputs per sample, and the Hessian of a few says little about
/// the rest.
static constexpr int64_t kMostTrialBatches = 48, kMostHeldOut = 32;

/// Exact inputs cost nothing, so every recipe has them.
static DriverOptions apply(const Recipe &recipe, DriverOptions options) {
  options.exactInputs = true;
  options.equalize = recipe.equalize;
  options.splitChannels = recipe.splitChannels;
  options.round = recipe.round;
  options.correctBias = recipe.correctBias;
  options.splitOutliers = recipe.splitOutliers;
  return options;
}

static json::Object describe(const DriverOptions &options) {
  return json::Object{{"exact_inputs", options.exactInputs},
                      {"equalize", options.equalize},
                      {"split_channels", options.splitChannels},
                      {"split_outliers", describeSplitOutliers(options)},
                      {"round", options.round},
                      {"correct_bias", options.correctBias}};
}

/// Writes the leading `count` of the `batches` of a data file.
static Error writeSubset(StringRef path, const ArrayFile &file, int64_t batches, int64_t count) {
  std::vector<ArrayView> arrays(file.arrays().begin(), file.arrays().end());
  // A batch may hold several samples.
  for (ArrayView &array : arrays)
    array.shape[0] = array.shape[0] / batches * count;
  return writeArrayFile(path, arrays);
}

/// The last quarter is held out. With fewer than four samples all serve for both.
void Trials::split(int64_t count) {
  int64_t kept = count < 4 ? count : count - std::max<int64_t>(1, count / 4);
  usedForTrials = std::min(kept, kMostTrialBatches);
  heldOutBegin = count < 4 ? 0 : kept;
  heldOutEnd = std::min(count, heldOutBegin + kMostHeldOut);
}

static std::vector<int64_t> countElements(func::FuncOp network) {
  std::vector<int64_t> counts;
  for (mlir::Type type : network.getResultTypes())
    counts.push_back(cast<RankedTensorType>(type).getNumElements());
  return counts;
}

static Outputs makeOutputs(func::FuncOp network) {
  Outputs outputs;
  for (int64_t count : countElements(network))
    outputs.emplace_back(count);
  return outputs;
}

Error Trials::computeExact(func::FuncOp network, const SampleSource &source) {
  auto engine = createFloatEngine(network);
  if (!engine)
    return engine.takeError();
  for (int64_t batch = heldOutBegin; batch < heldOutEnd; ++batch) {
    auto inputs = source.getBatch(batch);
    if (!inputs)
      return inputs.takeError();
    SmallVector<ArrayRef<float>> views(inputs->begin(), inputs->end());
    Outputs &outputs = exact.emplace_back(makeOutputs(network));
    SmallVector<MutableArrayRef<float>> results(outputs.begin(), outputs.end());
    if (Error error = (*engine)->run(views, nullptr, results))
      return error;
  }
  return Error::success();
}

Error Trials::compare(CompiledNetwork &network, const SampleSource &source, Fidelity &fidelity) {
  for (int64_t batch = heldOutBegin; batch < heldOutEnd; ++batch) {
    auto inputs = source.getBatch(batch);
    if (!inputs)
      return inputs.takeError();
    const Outputs &wanted = exact[batch - heldOutBegin];
    Outputs outputs = wanted;
    SmallVector<ArrayRef<float>> from(inputs->begin(), inputs->end());
    SmallVector<void *> to;
    for (std::vector<float> &output : outputs)
      to.push_back(output.data());
    if (Error error = network.runReals(from, to))
      return error;
    for (auto [index, output] : enumerate(outputs)) {
      const qopt_tensor &tensor = network.getModule().outputs[index];
      auto size = static_cast<size_t>(tensor.rank == 0 ? 1 : tensor.dims[tensor.rank - 1]);
      for (size_t begin = 0; begin + size <= output.size() && size > 0; begin += size)
        fidelity.add(ArrayRef<float>(wanted[index]).slice(begin, size),
                     ArrayRef<float>(output).slice(begin, size));
    }
  }
  return Error::success();
}

Expected<Rating> Trials::rate(const DriverOptions &candidate, const SampleSource &source) {
  OwningOpRef<ModuleOp> module = model.module().clone();
  for (auto stage : {runPrepare, runCalibrate, runQuantize})
    if (Error error = stage(*module, model.path(), candidate))
      return std::move(error);
  Rating rating;
  for (auto function : module->getOps<func::FuncOp>())
    rating.macs += countMacs(function);
  Expected<const Target *> host = lookupTarget("host");
  if (!host)
    return host.takeError();
  auto network = jitCompile(*module, "", **host);
  if (!network)
    return network.takeError();
  if (Error error = compare(**network, source, rating.fidelity))
    return std::move(error);
  return rating;
}

/// From plain to elaborate; of equal ones the first is taken.
/// A split does nothing where no channel is dead.
static constexpr Recipe kRecipes[] = {{"none", false, "nearest", "pre"},
                                      {"noise-model", true, "nearest", "pre+post"},
                                      {"none", true, "hessian", "pre+post"},
                                      {"noise-model", true, "hessian", "pre+post"},
                                      {"noise-model", false, "hessian", "pre+post", 3}};

/// A network that takes longer for it has to be better by more than chance would have it.
static constexpr double kLeastGainDb = 0.3;

static bool isBetter(const Rating &rated, const Rating &best) {
  double least = rated.macs > best.macs ? kLeastGainDb : 0.0;
  return rated.fidelity.sqnrDb() > best.fidelity.sqnrDb() + least;
}

/// More than rounding makes up for.
static constexpr double kFarBetterDb = 6.0;

/// Scales per channel leave copies little to gain (docs/Accuracy.md). A network that equalization
/// saves is not tried without it again.
bool Trials::isWorthTrying(const Recipe &recipe) const {
  if (recipe.splitOutliers > 0 && options.perChannelWeights)
    return false;
  bool isEqualized = StringRef(recipe.equalize) != "none";
  return isEqualized || !plain || best->fidelity.sqnrDb() < plain->fidelity.sqnrDb() + kFarBetterDb;
}

DriverOptions Trials::makeCandidate(const Recipe &recipe, StringRef data) const {
  DriverOptions candidate = apply(recipe, options);
  candidate.calibrationData = data.str();
  candidate.rangesFile.clear();
  candidate.io = "float"; // to compare with the float network
  candidate.progress = false;
  return candidate;
}

Expected<json::Value> Trials::run(DriverOptions &chosen) {
  Expected<func::FuncOp> network = model.network();
  if (!network)
    return network.takeError();
  Expected<ArrayFile> file = ArrayFile::open(options.calibrationData);
  if (!file)
    return file.takeError();
  Expected<SampleSource> source = SampleSource::create(*network, *file);
  if (!source)
    return source.takeError();
  split(source->numBatches());
  if (Error error = computeExact(*network, *source))
    return std::move(error);
  Expected<TemporaryFolder> folder = TemporaryFolder::create("qopt-samples");
  if (!folder)
    return folder.takeError();
  std::string subset =
      folder->file(StringRef(file->path()).ends_with(".npz") ? "samples.npz" : "samples.npy");
  if (Error error = writeSubset(subset, *file, source->numBatches(), usedForTrials))
    return std::move(error);

  json::Array tried;
  std::string firstRefusal;
  for (const Recipe &recipe : kRecipes) {
    if (!isWorthTrying(recipe))
      continue;
    DriverOptions candidate = makeCandidate(recipe, subset);
    json::Object entry = qopt::describe(candidate);
    Expected<Rating> rated = rate(candidate, *source);
    if (rated) {
      entry["macs"] = rated->macs;
      for (auto &[key, value] : rated->fidelity.toJson())
        entry[key] = value;
      if (&recipe == std::begin(kRecipes))
        plain = *rated;
      if (!best || isBetter(*rated, *best)) {
        best = *rated;
        chosen = apply(recipe, options);
      }
    } else {
      // What one repair cannot treat the others may.
      std::string reason = toString(rated.takeError());
      if (firstRefusal.empty())
        firstRefusal = reason;
      entry["refused"] = json::fixUTF8(reason);
    }
    tried.push_back(std::move(entry));
  }
  releaseUnusedResources(model.module());
  if (!best)
    return createStringError(firstRefusal);
  return json::Object{{"name", "best"},
                      {"chosen", qopt::describe(chosen)},
                      {"tried", std::move(tried)},
                      {"samples", json::Object{{"calibrated", usedForTrials},
                                               {"held_out", heldOutEnd - heldOutBegin}}}};
}

Expected<json::Value> choosePreset(DriverOptions &options, Model &model) {
  if (options.preset == "fast") {
    options = apply({options.perChannelWeights ? "none" : "cross-layer", false, "nearest", "pre"},
                    options);
    return json::Object{{"name", "fast"}, {"chosen", qopt::describe(options)}};
  }
  DriverOptions chosen = options;
  Expected<json::Value> report = Trials(options, model).run(chosen);
  if (report)
    options = std::move(chosen);
  return report;
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NoiseModel.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Transforms/ParameterUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

/// Rounding to steps of D leaves noise of variance D^2 / 12.
constexpr double kWeightGrid = 1.0 / (12.0 * 127 * 127);
constexpr double kActivationGrid = 1.0 / (12.0 * 255 * 255);

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

/// True where a value is stored in 8 bits of its own.
static bool isRounded(Operation *op) {
  std::optional<QuantizationRule> rule = getQuantizationRule(op);
  return (rule == QuantizationRule::Requantizes || rule == QuantizationRule::Lookup) &&
         !isFloatLogits(op) && !isFusedIntoResidualAdd(op);
}

llvm::Error qopt::checkNoiseOptions(llvm::StringRef weights, double weightNoise) {
  if (weights != "per-channel" && weights != "per-tensor")
    return llvm::createStringError("unknown weights option '" + weights +
                                   "': use per-channel or per-tensor");
  // Negated, so that NaN is refused as well.
  if (!(weightNoise > 0 && weightNoise <= 1))
    return llvm::createStringError("weight-noise %g is not over 0 and at most 1", weightNoise);
  return llvm::Error::success();
}

/// Sums over the weights between two channels that rounding can change.
static std::vector<double> sumPairs(const ScaledLayer &layer, ArrayRef<double> sensitivity,
                                    double factor) {
  const WeightLayout &layout = layer.weights.layout;
  std::vector<double> pairs(layout.numOutputs() * layout.numRead(), 0.0);
  if (sensitivity.empty())
    return pairs; // no output depends on the layer
  WeightedOpInterface op = layer.op;
  Floats weights = getLayerParameters(op)->weights;
  layout.forEach([&](int64_t index, int64_t o, int64_t j) {
    if (weights[index] != 0.0f)
      pairs[o * layout.numRead() + j] += factor * sensitivity[index];
  });
  return pairs;
}

NoiseModel::NoiseModel(func::FuncOp function, const ScaleGraph &graph, const Measurements &measured,
                       bool perChannelWeights, double weightNoise)
    : perChannelWeights(perChannelWeights) {
  for (ScaledLayer &layer : getScaledLayers(graph)) {
    std::vector<double> pairs =
        sumPairs(layer, measured.sensitivities.getWeights(layer.op), weightNoise);
    weights.push_back({std::move(layer), std::move(pairs)});
  }
  for (Value argument : function.getArguments())
    addActivation(graph, argument, measured);
  for (Operation &op : function.getOps())
    if (isRounded(&op))
      addActivation(graph, op.getResult(0), measured);
}

void NoiseModel::addActivation(const ScaleGraph &graph, Value value, const Measurements &measured) {
  const ChannelSums &sums = measured.statistics.find(value)->second;
  ActivationTerm term{graph.getScales(value), measured.sensitivities.get(value), {}, {}, value};
  auto clamped = value.getDefiningOp<ClampedOpInterface>();
  ClampBounds bounds;
  if (clamped)
    bounds = getClampBounds(clamped);
  for (size_t c = 0; c < term.scales.size(); ++c) {
    auto channel = static_cast<int64_t>(c);
    if (sums.isConstant(channel))
      term.sensitivity[c] = 0.0; // rounds to the same every time: no noise
    double low = sums.getRareLow(channel), high = sums.getRareHigh(channel);
    if (clamped) {
      low = std::max<double>(low, bounds.low(c));
      high = std::min<double>(high, bounds.high(c));
    }
    // A sign that was never seen is one that cannot be: after a mean of what was clamped at zero.
    term.low.push_back(sums.min[c] < 0 ? low : 0.0);
    term.high.push_back(sums.max[c] > 0 ? high : 0.0);
  }
  activationTerms[value] = activations.size();
  activations.push_back(std::move(term));
}

double NoiseModel::getShareOfCopies(Value value) {
  // Rounded at points half a step apart, the mean of both has steps of half the size. Apart they
  // are put by a bias; elsewhere their errors are as good as independent.
  return isa_and_nonnull<WeightedOpInterface>(value.getDefiningOp()) ? 0.25 : 0.5;
}

void NoiseModel::addCopy(const ChannelPath &path, int64_t channel) {
  SmallVector<Operation *> ops(path.between);
  ops.push_back(WeightedOpInterface(path.source).getOperation());
  for (Operation *op : ops) {
    auto found = activationTerms.find(op->getResult(0));
    if (found != activationTerms.end())
      activations[found->second].sensitivity[channel] *= getShareOfCopies(op->getResult(0));
  }
  for (WeightTerm &term : weights) {
    if (term.layer.op != path.reader)
      continue;
    ChannelWeights &own = term.layer.weights;
    for (auto [index, maximum] : llvm::enumerate(own.maxima))
      if (static_cast<int64_t>(index) % own.layout.numRead() % path.channels == channel)
        maximum *= 0.5f;
  }
}

//===----------------------------------------------------------------------===//
// Energy and derivatives
//===----------------------------------------------------------------------===//

/// What one evaluation needs of a layer, by channel.
struct NoiseModel::LayerFactors {
  LayerFactors(const WeightTerm &term, ArrayRef<double> logScales) {
    for (unsigned scale : term.layer.inputs) {
      input.push_back(std::exp(logScales[scale]));
      inputNoise.push_back(1.0 / (input.back() * input.back()));
    }
    for (unsigned scale : term.layer.outputs)
      output.push_back(std::exp(logScales[scale]));
  }

  std::vector<double> input, output; ///< e^u
  std::vector<double> inputNoise;    ///< e^(-2 u_i)
};

namespace {

/// A greatest weight under the scales, and where it is.
struct Peak {
  double value = 0.0;
  int64_t output = 0, input = 0;
};

} // namespace

/// The peaks of the rows without the factor of their output channel.
static std::vector<Peak> findRowPeaks(const ChannelWeights &weights, ArrayRef<double> inputs) {
  const WeightLayout &layout = weights.layout;
  std::vector<Peak> peaks(layout.numOutputs());
  const float *maximum = weights.maxima.data();
  for (auto [o, peak] : llvm::enumerate(peaks)) {
    const double *factor = inputs.data() + layout.getInput(o, 0);
    for (int64_t j = 0; j < layout.numRead(); ++j) {
      double weight = *maximum++ * factor[j];
      if (weight > peak.value)
        peak = {weight, static_cast<int64_t>(o), layout.getInput(o, j)};
    }
  }
  return peaks;
}

static void addTo(std::vector<double> &sums, ArrayRef<double> values) {
  sums.resize(values.size(), 0.0);
  for (auto [sum, value] : llvm::zip_equal(sums, values))
    sum += value;
}

double NoiseModel::addWeightNoise(const WeightTerm &term, ArrayRef<double> logScales,
                                  MutableArrayRef<double> gradient, PeakSlopes *peakSlopes) const {
  const ScaledLayer &layer = term.layer;
  const WeightLayout &layout = layer.weights.layout;
  LayerFactors factors(term, logScales);
  std::vector<Peak> peaks = findRowPeaks(layer.weights, factors.input);
  Peak whole;
  for (const Peak &peak : peaks)
    if (double value = peak.value / factors.output[peak.output]; value > whole.value)
      whole = {value, peak.output, peak.input};

  double energy = 0.0;
  std::vector<double> columns(layout.numInputs(), 0.0), slopes(layout.numInputs(), 0.0);
  const double *sensitivity = term.sensitivity.data();
  for (int64_t o = 0; o < layout.numOutputs(); ++o) {
    // In the row's own units the step is D_o e^(u_o): per row that does not depend on u_o.
    double step = perChannelWeights ? peaks[o].value : whole.value * factors.output[o];
    double scale = kWeightGrid * step * step, row = 0.0;
    int64_t first = layout.getInput(o, 0);
    for (int64_t j = 0; j < layout.numRead(); ++j) {
      double noise = scale * *sensitivity++ * factors.inputNoise[first + j];
      row += noise;
      columns[first + j] += noise;
    }
    energy += row;
    slopes[perChannelWeights ? peaks[o].input : whole.input] += 2 * row;
    if (perChannelWeights)
      gradient[layer.inputs[peaks[o].input]] += 2 * row;
    else
      gradient[layer.outputs[o]] += 2 * row;
  }
  for (auto [scale, noise] : llvm::zip_equal(layer.inputs, columns))
    gradient[scale] -= 2 * noise;
  if (!perChannelWeights) {
    gradient[layer.inputs[whole.input]] += 2 * energy;
    gradient[layer.outputs[whole.output]] -= 2 * energy;
  }
  if (peakSlopes)
    addTo((*peakSlopes)[WeightedOpInterface(layer.op)], slopes);
  return energy;
}

/// The range of an activation under the scales, and the channels that it is for.
struct NoiseModel::ActivationRange {
  ActivationRange(const ActivationTerm &term, ArrayRef<double> logScales) {
    for (auto [c, scale] : llvm::enumerate(term.scales)) {
      double factor = std::exp(-logScales[scale]);
      if (term.high[c] * factor > high) {
        high = term.high[c] * factor;
        highest = c;
      }
      if (term.low[c] * factor < low) {
        low = term.low[c] * factor;
        lowest = c;
      }
    }
  }
  double size() const { return high - low; }

  double low = 0.0, high = 0.0;
  size_t lowest = 0, highest = 0;
};

static double getChannelNoise(double range, double sensitivity, double logScale) {
  double factor = std::exp(logScale);
  return kActivationGrid * range * range * sensitivity * factor * factor;
}

double NoiseModel::addActivationNoise(const ActivationTerm &term, ArrayRef<double> logScales,
                                      MutableArrayRef<double> gradient) const {
  ActivationRange range(term, logScales);
  double energy = 0.0;
  if (range.size() == 0.0)
    return 0.0;
  for (auto [scale, sensitivity] : llvm::zip_equal(term.scales, term.sensitivity)) {
    double noise = getChannelNoise(range.size(), sensitivity, logScales[scale]);
    energy += noise;
    gradient[scale] += 2 * noise;
  }
  gradient[term.scales[range.highest]] -= 2 * energy * range.high / range.size();
  gradient[term.scales[range.lowest]] += 2 * energy * range.low / range.size();
  return energy;
}

std::vector<double> NoiseModel::getActivationNoise(Value value, ArrayRef<double> logScales) const {
  auto found = activationTerms.find(value);
  if (found == activationTerms.end())
    return {};
  const ActivationTerm &term = activations[found->second];
  double range = ActivationRange(term, logScales).size();
  std::vector<double> noise;
  for (auto [scale, sensitivity] : llvm::zip_equal(term.scales, term.sensitivity))
    noise.push_back(getChannelNoise(range, sensitivity, logScales[scale]));
  return noise;
}

double NoiseModel::evaluate(ArrayRef<double> logScales, MutableArrayRef<double> gradient,
                            PeakSlopes *peaks) const {
  llvm::fill(gradient, 0.0);
  double energy = 0.0;
  for (const WeightTerm &term : weights)
    energy += addWeightNoise(term, logScales, gradient, peaks);
  for (const ActivationTerm &term : activations)
    energy += addActivationNoise(term, logScales, gradient);
  return energy;
}

NoisePrediction NoiseModel::predict(const ScaleGraph &graph) const {
  NoisePrediction prediction;
  std::vector<double> logScales(graph.numScales(), 0.0), gradient(graph.numScales());
  for (const WeightTerm &term : weights)
    prediction.weights[WeightedOpInterface(term.layer.op)] =
        addWeightNoise(term, logScales, gradient);
  for (const ActivationTerm &term : activations)
    prediction.activations[term.value] = addActivationNoise(term, logScales, gradient);
  return prediction;
}

//===----------------------------------------------------------------------===//
// Adam (Kingma and Ba 2015)
//===----------------------------------------------------------------------===//

NoiseMinimum qopt::minimizeNoise(const NoiseModel &model, const ScaleGraph &graph,
                                 const MinimizeOptions &options) {
  constexpr double kFirst = 0.9, kSecond = 0.999, kEpsilon = 1e-8;
  size_t count = graph.numScales();
  std::vector<double> u(options.start), gradient(count), mean(count, 0.0), square(count, 0.0);
  u.resize(count, 0.0);
  NoiseMinimum best;
  double firstPower = 1.0, secondPower = 1.0;
  for (unsigned step = 0; step <= options.steps; ++step) {
    bool isLate = step >= options.steps / 2;
    double energy = model.evaluate(u, gradient, isLate ? &best.peaks : nullptr);
    if (step == 0)
      best.before = energy;
    if (step == 0 || energy < best.after) {
      best.logScales = u;
      best.after = energy;
    }
    if (!(energy > 0.0) || step == options.steps)
      break;
    double rate = options.rate * (1.0 - static_cast<double>(step) / options.steps);
    firstPower *= kFirst;
    secondPower *= kSecond;
    for (size_t i = 0; i < count; ++i) {
      if (graph.isFixed(i))
        continue;
      double slope = gradient[i] / energy; // of the logarithm
      mean[i] = kFirst * mean[i] + (1 - kFirst) * slope;
      square[i] = kSecond * square[i] + (1 - kSecond) * slope * slope;
      u[i] -= rate * (mean[i] / (1 - firstPower)) /
              (std::sqrt(square[i] / (1 - secondPower)) + kEpsilon);
    }
  }
  for (auto &[layer, slopes] : best.peaks)
    for (double &slope : slopes)
      slope /= options.steps - options.steps / 2 + 1;
  return best;
}

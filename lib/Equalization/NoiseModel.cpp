// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NoiseModel.h"

#include "qopt/Analysis/QuantizationSites.h"

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

/// The value that averaging ops give the mean of. The layer that reads a mean counts with the
/// variance of the values themselves: its errors reach the outputs directly, and counted by the
/// small variance of the mean alone they get so little weight that scales are pushed into it.
static Value skipMeans(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<AvgPool2DOp, ReduceMeanOp, ReshapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

NoiseModel::NoiseModel(func::FuncOp function, const ScaleGraph &graph,
                       const ChannelStatistics &statistics, bool perChannelWeights)
    : perChannelWeights(perChannelWeights) {
  Sensitivities sensitivities = Sensitivities::compute(function, statistics);
  for (ScaledLayer &layer : getScaledLayers(graph)) {
    const ChannelSums &inputs = statistics.find(skipMeans(layer.op.getActivationValue()))->second;
    std::vector<double> variance;
    for (size_t c = 0; c < layer.inputs.size(); ++c)
      variance.push_back(inputs.getVariance(c % inputs.sum.size()));
    std::vector<double> sensitivity = sensitivities.getBeforeClamp(layer.op->getResult(0));
    weights.push_back({std::move(layer), std::move(sensitivity), std::move(variance)});
  }
  for (Value argument : function.getArguments())
    addActivation(graph, argument, statistics, sensitivities);
  for (Operation &op : function.getOps())
    if (isRounded(&op))
      addActivation(graph, op.getResult(0), statistics, sensitivities);
}

void NoiseModel::addActivation(const ScaleGraph &graph, Value value,
                               const ChannelStatistics &statistics,
                               const Sensitivities &sensitivities) {
  const ChannelSums &sums = statistics.find(value)->second;
  // Where an op clamps, the value is rounded in the same way every time: zero is on the grid, and
  // bias correction sees to the other bound.
  ActivationTerm term{graph.getScales(value), sensitivities.getBeforeClamp(value), {}, {}, value};
  for (size_t c = 0; c < term.scales.size(); ++c) {
    term.low.push_back(std::min(sums.min[c], 0.0f));
    term.high.push_back(std::max(sums.max[c], 0.0f));
  }
  activations.push_back(std::move(term));
}

//===----------------------------------------------------------------------===//
// Energy and derivatives
//===----------------------------------------------------------------------===//

/// What one evaluation needs of a layer, by channel.
struct NoiseModel::LayerFactors {
  LayerFactors(const WeightTerm &term, ArrayRef<double> logScales) {
    for (auto [scale, variance] : llvm::zip_equal(term.layer.inputs, term.variance)) {
      double factor = std::exp(logScales[scale]);
      input.push_back(factor);
      inputNoise.push_back(variance / (factor * factor));
    }
    for (unsigned scale : term.layer.outputs)
      output.push_back(std::exp(logScales[scale]));
  }

  std::vector<double> input, output; ///< e^u
  std::vector<double> inputNoise;    ///< var(x_i) e^(-2 u_i)
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

double NoiseModel::addWeightNoise(const WeightTerm &term, ArrayRef<double> logScales,
                                  MutableArrayRef<double> gradient) const {
  const ScaledLayer &layer = term.layer;
  const WeightLayout &layout = layer.weights.layout;
  LayerFactors factors(term, logScales);
  std::vector<Peak> peaks = findRowPeaks(layer.weights, factors.input);
  Peak whole;
  for (const Peak &peak : peaks)
    if (double value = peak.value / factors.output[peak.output]; value > whole.value)
      whole = {value, peak.output, peak.input};

  double energy = 0.0;
  std::vector<double> columns(layout.numInputs(), 0.0);
  const uint32_t *count = layer.weights.numNonZero.data();
  for (int64_t o = 0; o < layout.numOutputs(); ++o) {
    // In the row's own units the step is D_o e^(u_o): per row that does not depend on u_o.
    double step = perChannelWeights ? peaks[o].value : whole.value * factors.output[o];
    double scale = kWeightGrid * step * step * term.sensitivity[o], row = 0.0;
    int64_t first = layout.getInput(o, 0);
    for (int64_t j = 0; j < layout.numRead(); ++j, ++count) {
      double noise = scale * *count * factors.inputNoise[first + j];
      row += noise;
      columns[first + j] += noise;
    }
    energy += row;
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
  return energy;
}

double NoiseModel::addActivationNoise(const ActivationTerm &term, ArrayRef<double> logScales,
                                      MutableArrayRef<double> gradient) const {
  double low = 0.0, high = 0.0;
  size_t lowest = 0, highest = 0;
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
  double range = high - low, energy = 0.0;
  if (range == 0.0)
    return 0.0;
  for (auto [scale, sensitivity] : llvm::zip_equal(term.scales, term.sensitivity)) {
    double factor = std::exp(logScales[scale]);
    double noise = kActivationGrid * range * range * sensitivity * factor * factor;
    energy += noise;
    gradient[scale] += 2 * noise;
  }
  gradient[term.scales[highest]] -= 2 * energy * high / range;
  gradient[term.scales[lowest]] += 2 * energy * low / range;
  return energy;
}

double NoiseModel::evaluate(ArrayRef<double> logScales, MutableArrayRef<double> gradient) const {
  llvm::fill(gradient, 0.0);
  double energy = 0.0;
  for (const WeightTerm &term : weights)
    energy += addWeightNoise(term, logScales, gradient);
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
  std::vector<double> u(count, 0.0), gradient(count), mean(count, 0.0), square(count, 0.0);
  NoiseMinimum best;
  double firstPower = 1.0, secondPower = 1.0;
  for (unsigned step = 0; step <= options.steps; ++step) {
    double energy = model.evaluate(u, gradient);
    if (step == 0)
      best = {u, energy, energy};
    if (energy < best.after) {
      best.logScales = u;
      best.after = energy;
    }
    if (!(energy > 0.0) || step == options.steps)
      break;
    firstPower *= kFirst;
    secondPower *= kSecond;
    for (size_t i = 0; i < count; ++i) {
      if (graph.isFixed(i))
        continue;
      double slope = gradient[i] / energy; // of the logarithm
      mean[i] = kFirst * mean[i] + (1 - kFirst) * slope;
      square[i] = kSecond * square[i] + (1 - kSecond) * slope * slope;
      u[i] -= options.rate * (mean[i] / (1 - firstPower)) /
              (std::sqrt(square[i] / (1 - secondPower)) + kEpsilon);
    }
  }
  return best;
}

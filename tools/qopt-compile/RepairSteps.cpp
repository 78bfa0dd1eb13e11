// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What was done is read off the networks themselves, before and after a step.
#include "RepairSteps.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;
using namespace mlir;

namespace qopt {

static std::string formatShort(double value) {
  std::string text;
  raw_string_ostream(text) << format("%.3g", value);
  return text;
}

std::vector<RepairStep> listRepairSteps(const DriverOptions &options) {
  RepairStep step{"plain", options};
  step.options.equalize = "none";
  step.options.splitChannels = false;
  step.options.splitOutliers = -1;
  step.options.round = "nearest";
  step.options.correctBias = "none";
  std::vector<RepairStep> steps{step};
  auto add = [&](bool wanted, std::string name, auto apply) {
    if (!wanted)
      return;
    step.name = std::move(name);
    apply(step.options);
    steps.push_back(step);
  };
  add(options.equalize != "none", "equalize=" + options.equalize,
      [&](DriverOptions &own) { own.equalize = options.equalize; });
  add(options.splitChannels, "split-channels",
      [](DriverOptions &own) { own.splitChannels = true; });
  add(options.splitOutliers >= 0, "split-outliers=" + formatShort(options.splitOutliers),
      [&](DriverOptions &own) { own.splitOutliers = options.splitOutliers; });
  add(options.round != "nearest", "round=" + options.round,
      [&](DriverOptions &own) { own.round = options.round; });
  add(options.correctBias != "none", "correct-bias=" + options.correctBias,
      [&](DriverOptions &own) { own.correctBias = options.correctBias; });
  return steps;
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

static int64_t countOutputs(WeightedOpInterface layer) {
  auto type = cast<ShapedType>(layer.getWeightsValue().getType());
  return type.getDimSize(layer.getOutputChannelAxis());
}

static StringMap<WeightedOpInterface> findWeighted(func::FuncOp network) {
  StringMap<WeightedOpInterface> layers;
  for (auto layer : network.getOps<WeightedOpInterface>())
    layers[getLayerName(layer)] = layer;
  return layers;
}

void addPreparation(func::FuncOp imported, const StepResult &plain, LayerActions &actions) {
  StringMap<WeightedOpInterface> before = findWeighted(imported);
  for (const LayerErrors &layer : plain.errors.layers) {
    auto after = dyn_cast<WeightedOpInterface>(layer.pair.quantized);
    auto found = before.find(after ? getLayerName(after) : "");
    if (!after || found == before.end())
      continue;
    int64_t had = countOutputs(found->second), kept = countOutputs(after);
    if (kept < had)
      actions[layer.pair.name].push_back(
          {plain.step.name, "dead", "dead channels dropped",
           formatv("{0} of {1} channels are constant: they were dropped, what they contribute went "
                   "into the biases of the next layer.",
                   had - kept, had)});
  }
}

/// The copies are what is there beyond the live channels.
static void addSplit(const StepResult &step, const LayerErrors &before, const LayerErrors &after,
                     std::vector<LayerAction> &actions) {
  int64_t copies = after.statistics.numChannels() - before.statistics.numChannels();
  if (copies <= 0)
    return;
  bool adds = step.step.options.splitOutliers > 0;
  actions.push_back(
      {step.step.name, "split", "split",
       formatv("Copies of its channels: {0}, {1}; the two halves' rounding errors "
               "cancel in part.",
               copies,
               adds ? "in place of dead ones or beside all others" : "in place of dead ones")});
}

/// A channel that was divided by s has 1 / s of its former root mean square.
static void addScales(const StepResult &step, const LayerErrors &before, const LayerErrors &after,
                      std::vector<LayerAction> &actions) {
  if (before.statistics.numChannels() != after.statistics.numChannels())
    return;
  double least = HUGE_VAL, most = 0;
  for (int64_t c = 0; c < after.statistics.numChannels(); ++c) {
    double was = before.statistics.channel(c).signal, is = after.statistics.channel(c).signal;
    if (was <= 0 || is <= 0)
      continue;
    least = std::min(least, std::sqrt(was / is));
    most = std::max(most, std::sqrt(was / is));
  }
  if (most < 1.001 && least > 0.999)
    return;
  actions.push_back({step.step.name, "equalized", "equalized",
                     formatv("Its channels were divided by {0} to {1}, and the weights that "
                             "read them multiplied, so that one grid suits them all.",
                             formatShort(least), formatShort(most))});
}

/// Upper bounds that were one for the layer and are one per channel.
static void addClamps(const StepResult &step, const LayerErrors &before, const LayerErrors &after,
                      std::vector<LayerAction> &actions) {
  auto was = dyn_cast<ClampedOpInterface>(before.pair.exact);
  auto is = dyn_cast<ClampedOpInterface>(after.pair.exact);
  if (!was || !is || getClampBounds(was).max.size() != 1 || getClampBounds(is).max.size() == 1)
    return;
  ClampBounds bounds = getClampBounds(is);
  auto [least, most] = std::minmax_element(bounds.max.begin(), bounds.max.end());
  actions.push_back({step.step.name, "clamp", "clamp per channel",
                     "Its upper clamp " + formatShort(getClampBounds(was).max.front()) +
                         " became one per channel, " + formatShort(*least) + " to " +
                         formatShort(*most) + ", which leaves the float network as it was."});
}

//===----------------------------------------------------------------------===//
// Parameters of the integer program
//===----------------------------------------------------------------------===//

static SmallVector<int32_t> readCodes(Operation *op) {
  auto layer = dyn_cast<WeightedOpInterface>(op);
  ConstantOp constant = layer ? getConstant(layer.getWeightsValue()) : ConstantOp();
  return constant ? getCodes(constant).value_or(SmallVector<int32_t>()) : SmallVector<int32_t>();
}

static void addRounding(const StepResult &step, const LayerErrors &before, const LayerErrors &after,
                        std::vector<LayerAction> &actions) {
  SmallVector<int32_t> was = readCodes(before.pair.quantized), is = readCodes(after.pair.quantized);
  if (is.empty() || was.size() != is.size())
    return;
  int64_t moved = 0;
  for (auto [a, b] : zip_equal(was, is))
    moved += a != b;
  if (moved > 0)
    actions.push_back({step.step.name, "rounded", "weights rounded together",
                       formatv("{0:f1} % of its {1} weights are not at the nearest code: chosen "
                               "together they err less on the inputs of the layer.",
                               100.0 * static_cast<double>(moved) / is.size(), is.size())});
}

/// In units of the activation.
static std::vector<double> readBiases(Operation *op) {
  auto layer = dyn_cast<WeightedOpInterface>(op);
  if (!layer)
    return {};
  std::optional<QuantParams> input = getQuantParams(layer.getActivationValue().getType());
  std::optional<QuantParams> weights = getQuantParams(layer.getWeightsValue().getType());
  if (!input || !weights)
    return {};
  std::vector<double> biases(countOutputs(layer), 0.0);
  ConstantOp constant = layer.getBiasValue() ? getConstant(layer.getBiasValue()) : ConstantOp();
  if (constant)
    if (std::optional<SmallVector<int32_t>> codes = getInt32s(constant))
      for (auto [c, code] : enumerate(*codes))
        biases[c] = double{input->scale(0)} * weights->scale(c) * code;
  return biases;
}

static void addBias(const StepResult &step, const LayerErrors &before, const LayerErrors &after,
                    std::vector<LayerAction> &actions) {
  std::vector<double> was = readBiases(before.pair.quantized);
  std::vector<double> is = readBiases(after.pair.quantized);
  if (is.empty() || was.size() != is.size())
    return;
  double squares = 0, most = 0;
  size_t where = 0;
  for (size_t c = 0; c < is.size(); ++c) {
    double moved = std::fabs(is[c] - was[c]);
    squares += moved * moved;
    if (moved > most) {
      most = moved;
      where = c;
    }
  }
  if (most == 0)
    return;
  double rms = std::sqrt(squares / static_cast<double>(is.size()));
  double signal = std::sqrt(after.statistics.layer().signal);
  actions.push_back({step.step.name, "bias", "bias corrected",
                     "Its biases moved by " + formatShort(rms) + " (root mean square), channel " +
                         std::to_string(where) + " most, by " + formatShort(most) +
                         "; the layer's values have a root mean square of " + formatShort(signal) +
                         "."});
}

void addRepair(const StepResult &before, const StepResult &after, LayerActions &actions) {
  StringMap<const LayerErrors *> earlier;
  for (const LayerErrors &layer : before.errors.layers)
    earlier[layer.pair.name] = &layer;
  StringRef name = after.step.name;
  for (const LayerErrors &layer : after.errors.layers) {
    const LayerErrors *was = earlier.lookup(layer.pair.name);
    if (!was)
      continue;
    std::vector<LayerAction> &own = actions[layer.pair.name];
    if (name.starts_with("equalize")) {
      addScales(after, *was, layer, own);
      addClamps(after, *was, layer, own);
    } else if (name.starts_with("split")) {
      addSplit(after, *was, layer, own);
    } else if (name.starts_with("round")) {
      addRounding(after, *was, layer, own);
    } else {
      addBias(after, *was, layer, own);
    }
  }
}

} // namespace qopt

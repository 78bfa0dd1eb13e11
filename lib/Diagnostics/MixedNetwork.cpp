// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MixedNetwork.h"

#include "qopt/Analysis/LayerPairs.h"
#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Transforms/ParameterUtils.h"

using namespace mlir;
using namespace qopt;

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

/// The grid of a type of the other network's context, in `context`; null for a float.
static quant::QuantizedType importGrid(MLIRContext *context, Type type) {
  std::optional<QuantParams> params = getQuantParams(type);
  return params ? getQuantType(context, *params) : quant::QuantizedType();
}

static llvm::Error failOn(Operation *layer, const Twine &what) {
  return llvm::createStringError("layer '" + getLayerName(layer) + "': " + what);
}

llvm::Error MixedNetworks::addArguments(func::FuncOp exact, func::FuncOp quantized) {
  if (quantized.getNumArguments() != function.getNumArguments())
    return llvm::createStringError("the networks have different inputs");
  for (auto [index, argument] : llvm::enumerate(quantized.getArguments())) {
    Value rounded = argument;
    for (Operation *user : argument.getUsers())
      if (isa<QuantizeOp>(user))
        rounded = user->getResult(0);
    auto name = function.getArgAttrOfType<StringAttr>(index, kNameAttr);
    RoundingSite site;
    site.name = name ? name.str() : "input";
    site.exactValue = exact.getArgument(index);
    site.value = function.getArgument(index);
    site.type = importGrid(function.getContext(), rounded.getType());
    if (site.type)
      sites.push_back(std::move(site));
  }
  return llvm::Error::success();
}

/// The layer of the float network whose weights `quantized` has: `exact` itself or, where that is
/// the addition that `quantized` has taken in, one of its operands.
static WeightedOpInterface findWeighted(Operation *exact, Operation *quantized) {
  if (auto weighted = dyn_cast<WeightedOpInterface>(exact))
    return weighted;
  for (Value operand : exact->getOperands())
    if (auto weighted = operand.getDefiningOp<WeightedOpInterface>())
      if (getLayerName(weighted) == getLayerName(quantized))
        return weighted;
  return nullptr;
}

/// True where the result is stored anew; ops that move bytes keep the grid of what they move.
static bool rounds(Operation *quantized) {
  std::optional<QuantizationRule> rule = getQuantizationRule(quantized);
  return rule == QuantizationRule::Requantizes || rule == QuantizationRule::Lookup ||
         rule == QuantizationRule::FixedResult;
}

llvm::Error MixedNetworks::addLayers(func::FuncOp exact, func::FuncOp quantized,
                                     const IRMapping &mapping) {
  for (const LayerPair &pair : pairLayers(exact, quantized)) {
    auto layer = dyn_cast<WeightedOpInterface>(pair.quantized);
    if (!layer && !rounds(pair.quantized))
      continue;
    RoundingSite site;
    site.name = pair.name;
    site.exact = pair.exact;
    site.exactValue = pair.exact->getResult(0);
    site.value = mapping.lookup(site.exactValue);
    site.type = importGrid(function.getContext(), pair.quantized->getResult(0).getType());
    if (layer) {
      site.weightedExact = findWeighted(pair.exact, pair.quantized);
      if (!site.weightedExact)
        return failOn(pair.quantized, "has no counterpart with weights in the float network");
      site.weighted = cast<WeightedOpInterface>(mapping.lookup(site.weightedExact));
      if (llvm::Error error = addParameters(site, layer))
        return error;
    }
    sites.push_back(std::move(site));
  }
  if (sites.empty())
    return llvm::createStringError("no layer in common with the float network");
  return llvm::Error::success();
}

/// The real values of quantized weights.
static std::optional<Floats> dequantizeWeights(WeightedOpInterface layer) {
  ConstantOp constant = getConstant(layer.getWeightsValue());
  auto codes = constant ? getCodes(constant) : std::nullopt;
  std::optional<QuantParams> params = getQuantParams(layer.getWeightsValue().getType());
  if (!codes || !params)
    return std::nullopt;
  ArrayRef<int64_t> shape = cast<ShapedType>(constant.getType()).getShape();
  int64_t inner = 1, channels = 1;
  if (params->axis >= 0) {
    channels = shape[params->axis];
    for (int64_t size : shape.drop_front(params->axis + 1))
      inner *= size;
  }
  Floats values;
  for (auto [index, code] : llvm::enumerate(*codes)) {
    size_t channel = index / inner % channels;
    values.push_back(params->scale(channel) * (code - params->zeroPoint(channel)));
  }
  return values;
}

/// Reads the integer parameters of `layer`, in real units, into constants of the master copy.
llvm::Error MixedNetworks::addParameters(RoundingSite &site, WeightedOpInterface layer) {
  std::optional<LayerParameters> own = getLayerParameters(site.weighted);
  std::optional<Floats> weights = dequantizeWeights(layer);
  std::optional<QuantParams> input = getQuantParams(layer.getActivationValue().getType());
  if (!own || !weights || !input || own->weights.size() != weights->size())
    return failOn(layer, "its weights are not those of the float network, quantized");
  QuantParams grid = *getQuantParams(layer.getWeightsValue().getType());
  size_t channels = own->bias.size();
  SmallVector<int32_t> bias(channels, 0);
  if (ConstantOp constant = layer.getBiasValue() ? getConstant(layer.getBiasValue()) : ConstantOp())
    bias = getInt32s(constant).value_or(bias);
  site.exactBias.assign(own->bias.begin(), own->bias.end());
  for (size_t c = 0; c < channels; ++c) {
    site.biasSteps.push_back(double{input->scale(0)} * grid.scale(c));
    site.quantizedBias.push_back(static_cast<float>(bias[c] * site.biasSteps.back()));
  }
  auto shape = cast<ShapedType>(site.weighted.getWeightsValue().getType()).getShape();
  OpBuilder builder(function.getBody());
  Location loc = site.weighted.getLoc();
  site.weights = createFloatConstant(builder, loc, "mixed_weights", shape, *weights);
  site.bias = createFloatConstant(builder, loc, "mixed_bias", {static_cast<int64_t>(channels)},
                                  site.quantizedBias);
  return llvm::Error::success();
}

llvm::Expected<MixedNetworks> MixedNetworks::create(func::FuncOp exact, func::FuncOp quantized) {
  MixedNetworks networks;
  networks.master = ModuleOp::create(exact.getLoc());
  IRMapping mapping;
  networks.function = cast<func::FuncOp>(exact->clone(mapping));
  networks.master->push_back(networks.function);
  if (llvm::Error error = networks.addArguments(exact, quantized))
    return std::move(error);
  if (llvm::Error error = networks.addLayers(exact, quantized, mapping))
    return std::move(error);
  return networks;
}

bool MixedNetworks::hasCorrectedBiases() const {
  for (const RoundingSite &site : sites)
    for (auto [exact, quantized, step] :
         llvm::zip_equal(site.exactBias, site.quantizedBias, site.biasSteps))
      if (std::abs(double{quantized} - exact) > 0.5 * step + 1e-6 * std::abs(exact))
        return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Mixing
//===----------------------------------------------------------------------===//

static void setBias(WeightedOpInterface layer, ArrayRef<float> values) {
  OpBuilder builder(layer);
  layer.setBiasValue(createFloatConstant(builder, layer.getLoc(), "mixed_bias",
                                         {static_cast<int64_t>(values.size())}, values));
}

/// All that read `value` read it rounded.
static FakeQuantOp round(Value value, quant::QuantizedType type) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto rounded =
      FakeQuantOp::create(builder, value.getLoc(), value.getType(), value, TypeAttr::get(type));
  value.replaceAllUsesExcept(rounded.getOutput(), rounded);
  return rounded;
}

/// `layer` of the master copy in a mix.
static WeightedOpInterface getCopy(WeightedOpInterface layer, const IRMapping &mapping) {
  return cast<WeightedOpInterface>(mapping.lookup(layer.getOperation()));
}

MixedNetwork MixedNetworks::mix(const llvm::BitVector &quantized,
                                ArrayRef<std::vector<float>> biases, IRMapping &mapping) const {
  MixedNetwork mixed;
  mixed.module = cast<ModuleOp>(ModuleOp(*master)->clone(mapping));
  mixed.function = *mixed.module->getOps<func::FuncOp>().begin();
  for (auto [index, site] : llvm::enumerate(sites)) {
    if (site.weighted && quantized[index]) {
      WeightedOpInterface layer = getCopy(site.weighted, mapping);
      layer.getWeightsOperand().set(mapping.lookup(ConstantOp(site.weights).getOutput()));
      layer.setBiasValue(mapping.lookup(ConstantOp(site.bias).getOutput()));
    }
    if (site.weighted && !biases.empty() && !biases[index].empty())
      setBias(getCopy(site.weighted, mapping), biases[index]);
    if (quantized[index] && site.type)
      round(mapping.lookup(site.value), site.type);
  }
  return mixed;
}

static void eraseUnusedConstants(func::FuncOp function) {
  for (auto constant : llvm::make_early_inc_range(function.getOps<ConstantOp>()))
    if (constant->use_empty())
      constant.erase();
}

/// The op that rounds the result of `op`, or `op`.
static Operation *skipRounding(Operation *op) {
  for (Operation *user : op->getUsers())
    if (isa<FakeQuantOp>(user))
      return user;
  return op;
}

static ClampBounds getBounds(Operation *op) {
  auto clamped = dyn_cast<ClampedOpInterface>(op);
  return clamped ? getClampBounds(clamped) : Probe().bounds;
}

/// What rounding may take a value away from where it was.
static float getMargin(quant::QuantizedType type) { return 0.75f * getQuantParams(type)->scale(0); }

MixedNetwork MixedNetworks::make(const llvm::BitVector &quantized,
                                 ArrayRef<std::vector<float>> biases, bool withProbes) const {
  IRMapping mapping;
  MixedNetwork mixed = mix(quantized, biases, mapping);
  mixed.probes.resize(withProbes ? sites.size() : 0);
  for (auto [site, probe] : llvm::zip(sites, mixed.probes)) {
    if (!site.weighted)
      continue;
    Operation *last = mapping.lookup(site.value).getDefiningOp();
    probe.twin = skipRounding(last);
    probe.bounds = getBounds(last);
    probe.margin = probe.twin == last ? 0 : getMargin(site.type);
  }
  eraseUnusedConstants(mixed.function);
  return mixed;
}

/// A copy of `layer` and, where that is another op, of `last`, which hands on what it computes;
/// with other parameters.
static Operation *addTwin(WeightedOpInterface layer, Operation *last, Value weights,
                          ArrayRef<float> bias) {
  OpBuilder builder(last);
  builder.setInsertionPointAfter(last);
  auto twin = cast<WeightedOpInterface>(builder.clone(*layer.getOperation()));
  twin.getWeightsOperand().set(weights);
  setBias(twin, bias);
  if (last == layer.getOperation())
    return twin;
  IRMapping mapping;
  mapping.map(layer->getResult(0), twin->getResult(0));
  return builder.clone(*last, mapping);
}

MixedNetwork MixedNetworks::makeWithTwins(const llvm::BitVector &quantized,
                                          ArrayRef<std::vector<float>> twinBiases) const {
  IRMapping mapping;
  MixedNetwork mixed = mix(quantized, {}, mapping);
  mixed.probes.resize(sites.size());
  for (auto [index, site] : llvm::enumerate(sites)) {
    if (!site.weighted)
      continue;
    // What the layer does not have: the weights of the master copy are the float ones.
    Value weights = quantized[index] ? WeightedOpInterface(site.weighted).getWeightsValue()
                                     : ConstantOp(site.weights).getOutput();
    Operation *last = mapping.lookup(site.value).getDefiningOp();
    Probe &probe = mixed.probes[index];
    probe.layer = skipRounding(last);
    probe.twin =
        addTwin(getCopy(site.weighted, mapping), last, mapping.lookup(weights), twinBiases[index]);
    probe.bounds = getBounds(last);
    if (quantized[index] || !site.type)
      continue;
    probe.twin = round(probe.twin->getResult(0), site.type);
    probe.margin = getMargin(site.type);
  }
  eraseUnusedConstants(mixed.function);
  return mixed;
}

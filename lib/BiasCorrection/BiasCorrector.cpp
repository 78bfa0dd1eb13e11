// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "BiasCorrector.h"

#include "Means.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"
#include "qopt/ExecutionEngine/ParallelFor.h"
#include "qopt/Quantization/Rounding.h"

using namespace mlir;
using namespace qopt;

static std::vector<double> getMeans(Operation *op, StringRef name) {
  auto means = op->getAttrOfType<DenseF32ArrayAttr>(name);
  return means ? std::vector<double>(means.asArrayRef().begin(), means.asArrayRef().end())
               : std::vector<double>();
}

bool BiasCorrector::Layer::isFloat() const {
  WeightedOpInterface layer = op;
  return !isQuantized(layer->getResult(0));
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

BiasCorrector::Layer BiasCorrector::describe(WeightedOpInterface op) const {
  Layer layer{op, LinearLayer(op), getGrid(op.getActivationValue()), {}, {}, {}, {}, {}, {}, {}};
  QuantParams params = *getQuantParams(op.getWeightsValue().getType());
  SmallVector<int32_t> codes = *getCodes(getConstant(op.getWeightsValue()));
  layer.weights.assign(codes.begin(), codes.end());
  for (int64_t channel = 0; channel < layer.linear.numOutputs(); ++channel)
    layer.scales.push_back(double(layer.input.scale) * double(params.scale(channel)));
  // Zero points of weights are one per tensor or one per channel.
  layer.linear.forEachWeight(
      [&](int64_t index, int64_t channel) { layer.weights[index] -= params.zeroPoint(channel); });
  SmallVector<int32_t> bias = *getInt32s(getConstant(op.getBiasValue()));
  layer.bias.assign(bias.begin(), bias.end());
  layer.original = layer.bias;
  layer.before = getMeans(op, kMeanBeforeAttr);
  layer.after = getMeans(op, kMeanAfterAttr);
  auto conv = dyn_cast<Conv2DOp>(op.getOperation());
  if (!conv || !conv.getResidual())
    return layer;
  std::vector<double> own = getMeans(op, kMeanAccumulatorAttr);
  if (options.correctsResiduals || own.empty())
    layer.residual = conv.getResidual();
  else
    layer.before = own;
  return layer;
}

/// The bias that moves the mean of `channel` by `error`, in real units.
int32_t BiasCorrector::moveBias(const Layer &layer, size_t channel, double error) const {
  double moved = layer.bias[channel] + numerics::roundToNearestEven(error / layer.scales[channel]);
  return static_cast<int32_t>(std::clamp(moved, -double(options.limit), double(options.limit)));
}

llvm::Error BiasCorrector::setBias(Layer &layer, ArrayRef<int32_t> bias) {
  SmallVector<int32_t> deltas;
  for (auto [to, from] : llvm::zip_equal(bias, layer.bias))
    deltas.push_back(to - from);
  layer.bias.assign(bias.begin(), bias.end());
  if (llvm::all_equal(deltas) && deltas.front() == 0)
    return llvm::Error::success();
  return network.addToBias(layer.op, deltas);
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Floats are borrowed from `values`.
SmallVector<Tensor> BiasCorrector::makeInputs(ArrayRef<std::vector<float>> values) const {
  SmallVector<Tensor> inputs;
  func::FuncOp network = function;
  for (auto [argument, reals] : llvm::zip_equal(network.getArguments(), values)) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(argument.getType()).getShape();
    if (!isQuantized(argument)) {
      inputs.push_back(Tensor::borrowReals(shape, reals.data()));
      continue;
    }
    Tensor input = Tensor::makeCodes(shape);
    numerics::Grid grid = getGrid(argument);
    llvm::transform(reals, input.writeCodes().data,
                    [&](float value) { return numerics::quantizeValue(value, grid); });
    inputs.push_back(std::move(input));
  }
  return inputs;
}

llvm::Expected<std::vector<double>> BiasCorrector::sumOverData(ArrayRef<Value> taps, size_t numSums,
                                                               AddFn add) {
  std::vector<std::vector<double>> parts(threads, std::vector<double>(numSums));
  llvm::Error error = parallelFor(threads, threads, [&](int64_t worker) -> llvm::Error {
    for (int64_t batch = worker; batch < source.numBatches(); batch += threads) {
      auto values = source.getBatch(batch);
      if (!values)
        return values.takeError();
      auto seen = network.run(worker, makeInputs(*values), taps);
      if (!seen)
        return seen.takeError();
      add(*seen, parts[worker]);
    }
    return llvm::Error::success();
  });
  if (error)
    return std::move(error);
  for (unsigned worker = 1; worker < threads; ++worker)
    for (auto [total, sum] : llvm::zip_equal(parts.front(), parts[worker]))
      total += sum;
  return std::move(parts.front());
}

/// Means of the codes of each channel as reals.
static void toMeans(MutableArrayRef<double> sums, double count, const numerics::Grid &grid) {
  for (double &sum : sums)
    sum = (sum / count - grid.zeroPoint) * double(grid.scale);
}

/// E[y_q] before the clamp: the accumulator's, and the residual's where it counts.
llvm::Expected<std::vector<double>> BiasCorrector::measureBefore(const Layer &layer) {
  const LinearLayer &linear = layer.linear;
  WeightedOpInterface op = layer.op;
  size_t taps = linear.numSums(), outputs = linear.numOutputs();
  SmallVector<Value> values = {op.getActivationValue()};
  if (layer.residual)
    values.push_back(layer.residual);
  auto sums =
      sumOverData(values, taps + outputs, [&](ArrayRef<Tensor> seen, MutableArrayRef<double> own) {
        linear.addInputs(seen[0].codes().data(), own.take_front(taps));
        if (seen.size() > 1)
          addChannels(seen[1].codes(), own.drop_front(taps));
      });
  if (!sums)
    return sums.takeError();
  MutableArrayRef<double> inputs = MutableArrayRef(*sums).take_front(taps);
  MutableArrayRef<double> residuals = MutableArrayRef(*sums).drop_front(taps);
  linear.subtractFromInputs(layer.input.zeroPoint, source.numBatches(), inputs);
  double count = double(linear.numPixels()) * double(source.numBatches());
  if (layer.residual)
    toMeans(residuals, count, getGrid(layer.residual));
  std::vector<double> means =
      linear.apply(inputs, [&](int64_t index, int64_t) { return double(layer.weights[index]); });
  for (auto [channel, mean] : llvm::enumerate(means))
    mean = (mean / count + layer.bias[channel]) * layer.scales[channel] + residuals[channel];
  return means;
}

namespace {
/// Stored bounds of a layer's results, per channel.
struct StoredBounds {
  std::vector<int32_t> low, high;

  StoredBounds(Operation *op, size_t channels) {
    numerics::Grid grid = getGrid(op->getResult(0));
    ClampBounds clamp = getClampBounds(cast<ClampedOpInterface>(op));
    for (size_t channel = 0; channel < channels; ++channel) {
      low.push_back(numerics::storageBound(clamp.low(channel), grid));
      high.push_back(numerics::storageBound(clamp.high(channel), grid));
    }
  }

  /// Adds for each channel the number of codes strictly between its bounds.
  void countInside(ArrayRef<int32_t> codes, MutableArrayRef<double> counts) const {
    std::vector<int32_t> inside(low.size());
    for (size_t i = 0; i < codes.size(); i += inside.size())
      for (size_t c = 0; c < inside.size(); ++c)
        inside[c] += (codes[i + c] > low[c]) & (codes[i + c] < high[c]);
    for (auto [count, more] : llvm::zip_equal(counts, inside))
      count += more;
  }
};
} // namespace

llvm::Expected<BiasCorrector::ClampedMeans> BiasCorrector::measureAfter(const Layer &layer) {
  WeightedOpInterface op = layer.op;
  Value result = op->getResult(0);
  size_t outputs = layer.linear.numOutputs();
  StoredBounds bounds(op, outputs);
  auto sums =
      sumOverData(result, 2 * outputs, [&](ArrayRef<Tensor> seen, MutableArrayRef<double> own) {
        addChannels(seen[0].codes(), own.take_front(outputs));
        bounds.countInside(seen[0].codes(), own.drop_front(outputs));
      });
  if (!sums)
    return sums.takeError();
  double count = double(layer.linear.numPixels()) * double(source.numBatches());
  toMeans(MutableArrayRef(*sums).take_front(outputs), count, getGrid(result));
  ClampedMeans means;
  for (size_t channel = 0; channel < outputs; ++channel) {
    means.errors.push_back(layer.after[channel] - (*sums)[channel]);
    means.slopes.push_back((*sums)[outputs + channel] / count);
  }
  return means;
}

//===----------------------------------------------------------------------===//
// Correcting
//===----------------------------------------------------------------------===//

/// The mean is linear in the bias: one step.
llvm::Error BiasCorrector::correctBefore(Layer &layer) {
  auto means = measureBefore(layer);
  if (!means)
    return means.takeError();
  std::vector<int32_t> bias;
  for (auto [channel, mean] : llvm::enumerate(*means))
    bias.push_back(moveBias(layer, channel, layer.before[channel] - mean));
  return setBias(layer, bias);
}

/// A channel that is hardly ever inside of its bounds has a mean that its bias moves by leaps;
/// so every step is measured, and the best bias wins.
llvm::Error BiasCorrector::correctAfter(Layer &layer) {
  std::vector<int32_t> best = layer.bias;
  std::vector<double> least(best.size(), std::numeric_limits<double>::infinity());
  for (unsigned step = 0; step <= options.steps; ++step) {
    auto means = measureAfter(layer);
    if (!means)
      return means.takeError();
    std::vector<int32_t> next;
    for (size_t channel = 0; channel < best.size(); ++channel) {
      double error = means->errors[channel];
      if (std::abs(error) < least[channel]) {
        least[channel] = std::abs(error);
        best[channel] = layer.bias[channel];
      }
      double slope = std::max(means->slopes[channel], options.leastSlope);
      next.push_back(moveBias(layer, channel, error / slope));
    }
    if (step == options.steps || next == layer.bias)
      break;
    if (llvm::Error error = setBias(layer, next))
      return error;
  }
  return setBias(layer, best);
}

llvm::Error BiasCorrector::run() {
  for (auto op : function.getOps<WeightedOpInterface>())
    if (op->hasAttr(kMeanBeforeAttr))
      layers.push_back(describe(op));
  if (layers.empty())
    return llvm::createStringError("network '" + function.getName() +
                                   "' has no recorded means; run qopt-record-means on the float "
                                   "network");
  for (Layer &layer : layers) {
    if (options.before || layer.isFloat())
      if (llvm::Error error = correctBefore(layer))
        return error;
    if (options.after && !layer.isFloat())
      if (llvm::Error error = correctAfter(layer))
        return error;
  }
  return llvm::Error::success();
}

int64_t BiasCorrector::commit() {
  int64_t changed = 0;
  for (Layer &layer : layers) {
    for (auto [to, from] : llvm::zip_equal(layer.bias, layer.original))
      changed += to != from;
    if (layer.bias == layer.original)
      continue;
    auto old = layer.op.getBiasValue().getDefiningOp<ConstantOp>();
    OpBuilder builder(old);
    StringRef name = old.getResourceName().empty() ? "bias" : old.getResourceName();
    layer.op.setBiasValue(
        createInt32Constant(builder, old.getLoc(), name, old.getType().getShape(), layer.bias)
            .getOutput());
    old.erase();
  }
  return changed;
}

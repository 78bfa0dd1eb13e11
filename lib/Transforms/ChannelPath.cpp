// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Transforms/ChannelPath.h"

#include "qopt/Dialect/QOpt/IR/ChannelIndex.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"
#include "qopt/Transforms/ParameterUtils.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static bool isPadded(ArrayRef<int64_t> pads) {
  return llvm::any_of(pads, [](int64_t pad) { return pad != 0; });
}

static bool isPadded(WeightedOpInterface op) {
  auto conv = dyn_cast<Conv2DOp>(op.getOperation());
  auto depthwise = dyn_cast<DepthwiseConv2DOp>(op.getOperation());
  return (conv && isPadded(conv.getPads())) || (depthwise && isPadded(depthwise.getPads()));
}

//===----------------------------------------------------------------------===//
// Finding the path
//===----------------------------------------------------------------------===//

/// Each output channel sums over all input channels, from constant float parameters.
static bool mixesAllChannels(WeightedOpInterface op) {
  if (!hasLayerParameters(op))
    return false;
  auto conv = dyn_cast<Conv2DOp>(op.getOperation());
  return conv ? conv.getGroups() == 1 && !conv.getResidual() : isa<MatmulOp>(op.getOperation());
}

/// `op` gives channel c from channel c of its input alone.
static bool keepsChannelsApart(Operation *op, int64_t channels) {
  Value input = op->getOperand(0);
  if (getShape(input).back() != channels)
    return false; // flattened: only the reader may follow
  return TypeSwitch<Operation *, bool>(op)
      .Case([&](DepthwiseConv2DOp conv) {
        return conv.getChannelMultiplier() == 1 &&
               hasLayerParameters(cast<WeightedOpInterface>(op));
      })
      .Case([&](ReduceMeanOp mean) {
        return !llvm::is_contained(mean.getAxes(),
                                   static_cast<int64_t>(getShape(input).size()) - 1);
      })
      .Case([&](ReshapeOp) {
        ArrayRef<int64_t> shape = getShape(op->getResult(0));
        return !shape.empty() && shape.back() > 0 && shape.back() % channels == 0;
      })
      .Case<ClampOp, MaxPool2DOp, AvgPool2DOp>([](auto) { return true; })
      .Default([](Operation *) { return false; });
}

std::optional<ChannelPath> qopt::getChannelPath(WeightedOpInterface source) {
  Value value = source->getResult(0);
  if (!mixesAllChannels(source) || !getElementTypeOrSelf(value).isF32())
    return std::nullopt;
  ChannelPath path;
  path.source = source;
  path.channels = getShape(value).back();
  while (path.channels > 0 && value.hasOneUse()) {
    OpOperand &use = *value.use_begin();
    Operation *op = use.getOwner();
    if (auto layer = dyn_cast<WeightedOpInterface>(op)) {
      if (&layer.getActivationOperand() != &use)
        return std::nullopt;
      if (mixesAllChannels(layer)) {
        path.reader = layer;
        return path;
      }
    }
    if (use.getOperandNumber() != 0 || !keepsChannelsApart(op, path.channels))
      return std::nullopt;
    path.between.push_back(op);
    value = op->getResult(0);
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Following constants
//===----------------------------------------------------------------------===//

static void clampConstants(ClampedOpInterface op, ChannelConstants &constants) {
  ClampBounds bounds = getClampBounds(op);
  for (auto [c, constant] : llvm::enumerate(constants))
    if (constant)
      constant = bounds.apply(static_cast<float>(*constant), c);
}

/// Sums and presence of weights per output channel.
static SmallVector<std::pair<double, bool>> sumWeights(WeightedOpInterface op,
                                                       ArrayRef<float> weights) {
  ChannelIndex channelOf(getShape(op.getWeightsValue()), op.getOutputChannelAxis());
  SmallVector<std::pair<double, bool>> sums(channelOf.size(), {0.0, false});
  channelOf.forEach(weights.size(), [&](int64_t index, int64_t channel) {
    auto &[sum, isLive] = sums[channel];
    sum += weights[index];
    isLive |= weights[index] != 0.0f;
  });
  return sums;
}

/// Constants that padding with zeros would disturb become live.
static void refusePadded(Operation *op, ChannelConstants &constants,
                         llvm::function_ref<bool(int64_t)> reads,
                         SmallVectorImpl<PaddedChannel> &padded) {
  for (auto [c, constant] : llvm::enumerate(constants)) {
    if (!constant || *constant == 0.0 || !reads(c))
      continue;
    padded.push_back({op, static_cast<int64_t>(c), *constant});
    constant.reset();
  }
}

namespace {

/// The sums of a depthwise layer's weights over each window, taps on padding left out.
class PaddedWindows {
public:
  PaddedWindows(DepthwiseConv2DOp op, ArrayRef<float> weights)
      : input(getShape(op.getInput())), output(getShape(op.getOutput())),
        window(Window::get(getShape(op.getWeights()).take_front(2), op.getStrides(), op.getPads(),
                           op.getDilations())),
        weights(weights) {}

  /// Does visit(sum) hold for every window of `channel`?
  bool all(int64_t channel, llvm::function_ref<bool(double)> visit) const {
    for (int64_t y = 0; y < output[1]; ++y)
      for (int64_t x = 0; x < output[2]; ++x)
        if (!visit(sum(channel, y, x)))
          return false;
    return true;
  }

private:
  static bool isInside(const WindowDim &dim, int64_t result, int64_t tap, int64_t size) {
    int64_t position = result * dim.stride - dim.padLow + tap * dim.dilation;
    return position >= 0 && position < size;
  }

  double sum(int64_t channel, int64_t y, int64_t x) const {
    double total = 0.0;
    for (int64_t kh = 0; kh < window.height.kernel; ++kh)
      for (int64_t kw = 0; kw < window.width.kernel; ++kw)
        if (isInside(window.height, y, kh, input[1]) && isInside(window.width, x, kw, input[2]))
          total += weights[(kh * window.width.kernel + kw) * output[3] + channel];
    return total;
  }

  ArrayRef<int64_t> input, output;
  Window window;
  ArrayRef<float> weights;
};

} // namespace

/// True for a channel that the clamp makes one constant at the border as well: padding is seen only
/// by what comes before it.
static bool hidesPadding(DepthwiseConv2DOp op, const LayerParameters &parameters, int64_t channel,
                         double constant) {
  ClampBounds bounds = getClampBounds(cast<ClampedOpInterface>(op.getOperation()));
  std::optional<float> first;
  return PaddedWindows(op, parameters.weights).all(channel, [&](double sum) {
    auto value = static_cast<float>(constant * sum + parameters.bias[channel]);
    value = bounds.apply(value, channel);
    if (!first)
      first = value;
    return value == *first;
  });
}

static void followDepthwise(WeightedOpInterface op, ChannelConstants &constants,
                            SmallVectorImpl<PaddedChannel> &padded) {
  std::optional<LayerParameters> parameters = getLayerParameters(op);
  auto sums = sumWeights(op, parameters->weights);
  auto conv = cast<DepthwiseConv2DOp>(op.getOperation());
  if (isPadded(op))
    refusePadded(
        op, constants,
        [&](int64_t c) {
          return sums[c].second && !hidesPadding(conv, *parameters, c, *constants[c]);
        },
        padded);
  for (auto [c, constant] : llvm::enumerate(constants)) {
    if (!sums[c].second)
      constant = parameters->bias[c];
    else if (constant)
      constant = *constant * sums[c].first + parameters->bias[c];
  }
  clampConstants(cast<ClampedOpInterface>(op.getOperation()), constants);
}

ChannelConstants qopt::followConstants(const ChannelPath &path,
                                       SmallVectorImpl<PaddedChannel> &padded) {
  WeightedOpInterface source = path.source, reader = path.reader;
  std::optional<LayerParameters> parameters = getLayerParameters(source);
  ChannelConstants constants(path.channels);
  for (auto [c, sum] : llvm::enumerate(sumWeights(source, parameters->weights)))
    if (!sum.second)
      constants[c] = parameters->bias[c];
  clampConstants(cast<ClampedOpInterface>(source.getOperation()), constants);

  auto readsAll = [](int64_t) { return true; };
  for (Operation *op : path.between) {
    if (isa<DepthwiseConv2DOp>(op))
      followDepthwise(cast<WeightedOpInterface>(op), constants, padded);
    else if (isa<ClampOp>(op))
      clampConstants(cast<ClampedOpInterface>(op), constants);
    else if (auto pool = dyn_cast<AvgPool2DOp>(op);
             pool && pool.getCountIncludePad() && isPadded(pool.getPads()))
      refusePadded(op, constants, readsAll, padded);
  }
  if (isPadded(reader))
    refusePadded(reader, constants, readsAll, padded);
  return constants;
}

//===----------------------------------------------------------------------===//
// Removing and repeating channels
//===----------------------------------------------------------------------===//

/// The elements of `values` whose coordinate along `axis`, modulo `channels`, is chosen, in the
/// order of the choice.
static Floats select(ArrayRef<float> values, ArrayRef<int64_t> shape, int64_t axis,
                     int64_t channels, ArrayRef<int64_t> chosen) {
  int64_t inner = 1, block = channels;
  for (int64_t size : shape.drop_front(axis + 1))
    inner *= size;
  block *= inner;
  Floats result;
  for (int64_t begin = 0, end = values.size(); begin < end; begin += block)
    for (int64_t channel : chosen)
      llvm::append_range(result, values.slice(begin + channel * inner, inner));
  return result;
}

static SmallVector<int64_t> resize(ArrayRef<int64_t> shape, int64_t axis, int64_t channels,
                                   size_t chosen) {
  SmallVector<int64_t> result(shape);
  result[axis] = result[axis] / channels * static_cast<int64_t>(chosen);
  return result;
}

static void resizeResult(Operation *op, int64_t channels, size_t chosen) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  op->getResult(0).setType(
      type.clone(resize(type.getShape(), type.getRank() - 1, channels, chosen)));
}

static void selectClamp(ClampedOpInterface op, int64_t channels, ArrayRef<int64_t> chosen) {
  ClampBounds bounds = getClampBounds(op);
  for (SmallVector<float> *values : {&bounds.min, &bounds.max})
    if (values->size() > 1)
      *values = select(*values, channels, 0, channels, chosen);
  setClampBounds(op, bounds);
}

/// Selects output channels of a layer: rows of weights and bias, clamp bounds.
static void selectOutputs(WeightedOpInterface op, int64_t channels, ArrayRef<int64_t> chosen) {
  std::optional<LayerParameters> parameters = getLayerParameters(op);
  SmallVector<int64_t> shape(getShape(op.getWeightsValue()));
  int64_t axis = op.getOutputChannelAxis();
  parameters->weights = select(parameters->weights, shape, axis, channels, chosen);
  parameters->bias = select(parameters->bias, channels, 0, channels, chosen);
  OpBuilder builder(op);
  setLayerParameters(builder, op, resize(shape, axis, channels, chosen.size()), *parameters);
}

/// Selects input channels of a layer; the constants of those left out go into the bias.
static void selectInputs(WeightedOpInterface op, int64_t channels, ArrayRef<int64_t> chosen,
                         const ChannelConstants &constants) {
  std::optional<LayerParameters> parameters = getLayerParameters(op);
  SmallVector<int64_t> shape(getShape(op.getWeightsValue()));
  int64_t axis = shape.size() - 1;
  ChannelIndex input(shape, axis), output(shape, op.getOutputChannelAxis());
  SmallVector<bool> isKept(channels, false);
  for (int64_t channel : chosen)
    isKept[channel] = true;
  SmallVector<double> bias(parameters->bias.begin(), parameters->bias.end());
  for (auto [index, weight] : llvm::enumerate(parameters->weights)) {
    int64_t channel = input(index) % channels;
    if (!isKept[channel])
      bias[output(index)] += *constants[channel] * weight;
  }
  for (auto [target, value] : llvm::zip(parameters->bias, bias))
    target = static_cast<float>(value);
  parameters->weights = select(parameters->weights, shape, axis, channels, chosen);
  OpBuilder builder(op);
  setLayerParameters(builder, op, resize(shape, axis, channels, chosen.size()), *parameters);
}

void qopt::selectChannels(ChannelPath &path, ArrayRef<int64_t> chosen,
                          const ChannelConstants &constants) {
  SmallVector<Operation *> ops{path.source.getOperation()};
  llvm::append_range(ops, path.between);
  for (Operation *op : ops) {
    if (auto layer = dyn_cast<WeightedOpInterface>(op))
      selectOutputs(layer, path.channels, chosen);
    if (auto clamped = dyn_cast<ClampedOpInterface>(op))
      selectClamp(clamped, path.channels, chosen);
    resizeResult(op, path.channels, chosen.size());
  }
  selectInputs(path.reader, path.channels, chosen, constants);
  path.channels = chosen.size();
}

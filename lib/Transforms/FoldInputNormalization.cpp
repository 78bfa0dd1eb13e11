// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-fold-input-normalization: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/PixelInput.h"
#include "qopt/Transforms/ParameterUtils.h"

#include <cmath>

namespace qopt {
#define GEN_PASS_DEF_FOLDINPUTNORMALIZATION
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// Brings the layers that read an image from normalized values to pixels.
class NormalizationFolder {
public:
  explicit NormalizationFolder(const PixelInput &pixels) : pixels(pixels) {}

  /// Everything that reads `image`, whose channels are dimension `axis`; -1: mixed with others.
  LogicalResult foldReaders(Value image, int64_t axis);
  int64_t getNumFolded() const { return folded; }

private:
  LogicalResult fold(Operation *reader, int64_t axis);
  LogicalResult foldInto(WeightedOpInterface layer, int64_t axis);
  LogicalResult foldInto(PadOp pad, int64_t axis);
  void padByMeans(Conv2DOp conv);
  Value padChannel(OpBuilder &builder, Conv2DOp conv, int64_t channel);
  PadOp pad(OpBuilder &builder, Conv2DOp conv, Value image, float value);

  bool isUniform() const { return pixels.mean.size() == 1 && pixels.deviation.size() == 1; }
  double mean(int64_t channel) const { return PixelInput::pick(pixels.mean, channel); }
  double deviation(int64_t channel) const { return PixelInput::pick(pixels.deviation, channel); }

  const PixelInput &pixels;
  int64_t folded = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// The input channel that each weight of `layer` multiplies, in the order of its elements.
static SmallVector<int64_t> getInputChannels(WeightedOpInterface layer) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(layer.getWeightsValue().getType()).getShape();
  int64_t size = ShapedType::getNumElements(shape), outputs = shape.front(), last = shape.back();
  int64_t groups = 1, multiplier = 0;
  if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation()))
    groups = conv.getGroups();
  if (auto depthwise = dyn_cast<DepthwiseConv2DOp>(layer.getOperation()))
    multiplier = depthwise.getChannelMultiplier();
  SmallVector<int64_t> channels;
  for (int64_t i = 0; i < size; ++i) {
    int64_t group = i / (size / outputs) / std::max<int64_t>(1, outputs / groups);
    channels.push_back(multiplier ? i % last / multiplier : group * last + i % last);
  }
  return channels;
}

/// w·(p - m)/d = (w/d)·p - (w/d)·m: the second term is a constant per output channel, for padding
/// is m as well.
LogicalResult NormalizationFolder::foldInto(WeightedOpInterface layer, int64_t axis) {
  bool lastAxis =
      axis == cast<RankedTensorType>(layer.getActivationValue().getType()).getRank() - 1;
  if (!isUniform() && !lastAxis)
    return emitLayerError(layer)
           << "reads an image whose channels it does not tell apart: give one "
              "mean and one deviation for all";
  std::optional<LayerParameters> parameters = getLayerParameters(layer);
  if (!parameters)
    return emitLayerError(layer) << "reads the image with weights that are no float constant, so "
                                    "the normalization cannot be folded into them";
  ArrayRef<int64_t> shape = cast<RankedTensorType>(layer.getWeightsValue().getType()).getShape();
  bool rowsLast = isa<DepthwiseConv2DOp>(layer.getOperation());
  auto outputs = static_cast<int64_t>(parameters->bias.size());
  SmallVector<double> bias(parameters->bias.begin(), parameters->bias.end());
  int64_t perOutput = parameters->weights.size() / outputs;
  SmallVector<int64_t> channels = getInputChannels(layer);
  for (auto [i, weight] : llvm::enumerate(parameters->weights)) {
    double scaled = weight / deviation(channels[i]);
    bias[rowsLast ? i % outputs : i / perOutput] -= scaled * mean(channels[i]);
    weight = static_cast<float>(scaled);
  }
  parameters->bias.assign(bias.begin(), bias.end());
  OpBuilder builder(layer);
  setLayerParameters(builder, layer, shape, *parameters);
  if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation()))
    padByMeans(conv);
  ++folded;
  return success();
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

PadOp NormalizationFolder::pad(OpBuilder &builder, Conv2DOp conv, Value image, float value) {
  ArrayRef<int64_t> pads = conv.getPads();
  int64_t low[] = {0, pads[0], pads[1], 0}, high[] = {0, pads[2], pads[3], 0};
  auto type = cast<RankedTensorType>(image.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (size_t dim = 0; dim < shape.size(); ++dim)
    shape[dim] += low[dim] + high[dim];
  auto padded = PadOp::create(builder, conv.getLoc(), type.clone(shape), image,
                              builder.getDenseI64ArrayAttr(low), builder.getDenseI64ArrayAttr(high),
                              builder.getF32FloatAttr(value));
  padded->setAttr(kLayerAttr, builder.getStringAttr(getLayerName(conv) + ".pad"));
  return padded;
}

Value NormalizationFolder::padChannel(OpBuilder &builder, Conv2DOp conv, int64_t channel) {
  RankedTensorType type = conv.getInput().getType();
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  auto slice = SliceOp::create(builder, conv.getLoc(), type.clone(shape), conv.getInput(),
                               builder.getDenseI64ArrayAttr({0, 0, 0, channel}),
                               builder.getDenseI64ArrayAttr(SmallVector<int64_t>(shape.size(), 1)));
  return pad(builder, conv, slice, static_cast<float>(mean(channel)));
}

/// A normalized zero is the mean: the padding of a convolution must become pixels of that value.
void NormalizationFolder::padByMeans(Conv2DOp conv) {
  auto isZero = [](auto value) { return value == 0; };
  if (llvm::all_of(conv.getPads(), isZero) || llvm::all_of(pixels.mean, isZero))
    return;
  OpBuilder builder(conv);
  Value padded;
  if (llvm::all_equal(pixels.mean)) {
    padded = pad(builder, conv, conv.getInput(), pixels.mean.front());
  } else {
    SmallVector<Value> channels;
    RankedTensorType type = conv.getInput().getType();
    for (int64_t channel = 0; channel < type.getShape().back(); ++channel)
      channels.push_back(padChannel(builder, conv, channel));
    SmallVector<int64_t> shape(cast<RankedTensorType>(channels.front().getType()).getShape());
    int64_t axis = shape.size() - 1;
    shape.back() = type.getShape().back();
    padded = ConcatOp::create(builder, conv.getLoc(), type.clone(shape), channels,
                              builder.getI64IntegerAttr(axis));
  }
  conv.getInputMutable().assign(padded);
  conv.setPads({0, 0, 0, 0});
}

/// An exporter's own padding, of normalized values.
LogicalResult NormalizationFolder::foldInto(PadOp pad, int64_t axis) {
  if (!isUniform())
    return emitLayerError(pad) << "pads the image with one value: give one mean and one deviation "
                                  "for all channels";
  double value = pad.getValue().convertToFloat() * deviation(0) + mean(0);
  pad.setValue(llvm::APFloat(static_cast<float>(value)));
  return foldReaders(pad.getOutput(), axis);
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

LogicalResult NormalizationFolder::fold(Operation *reader, int64_t axis) {
  if (auto transpose = dyn_cast<TransposeOp>(reader)) {
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    auto found = llvm::find(permutation, axis);
    return foldReaders(transpose.getOutput(),
                       found == permutation.end() ? -1 : found - permutation.begin());
  }
  if (auto reshape = dyn_cast<ReshapeOp>(reader))
    return foldReaders(reshape.getOutput(), -1);
  if (auto pad = dyn_cast<PadOp>(reader))
    return foldInto(pad, axis);
  auto layer = dyn_cast<WeightedOpInterface>(reader);
  auto depthwise = dyn_cast<DepthwiseConv2DOp>(reader);
  bool padded =
      depthwise && llvm::any_of(depthwise.getPads(), [](int64_t pad) { return pad != 0; });
  if (layer && !padded)
    return foldInto(layer, axis);
  return emitLayerError(reader) << "reads the image, and its normalization folds into "
                                   "convolutions and fully connected layers only; normalize "
                                   "before the network and leave out --input-type";
}

LogicalResult NormalizationFolder::foldReaders(Value image, int64_t axis) {
  for (Operation *reader : llvm::SmallVector<Operation *>(image.getUsers()))
    if (failed(fold(reader, axis)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct FoldInputNormalizationPass
    : public qopt::impl::FoldInputNormalizationBase<FoldInputNormalizationPass> {
  using FoldInputNormalizationBase::FoldInputNormalizationBase;

  void runOnOperation() override {
    if (getOperation().isDeclaration())
      return;
    if (failed(checkNetwork()) || failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult checkNetwork();
  LogicalResult run();
  PixelInput getPixels();
};

} // namespace

LogicalResult FoldInputNormalizationPass::checkNetwork() {
  func::FuncOp network = getOperation();
  if (network.getNumArguments() != 1)
    return network.emitError() << "takes " << network.getNumArguments()
                               << " inputs; pixels are for networks that take one image";
  if (network.getArgAttr(0, kPixelsAttr))
    return network.emitError() << "takes pixels already";
  auto type = dyn_cast<RankedTensorType>(network.getArgument(0).getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isF32() || type.getRank() < 2)
    return network.emitError() << "takes no f32 image";
  return success();
}

/// Channels last, but for a network from an NCHW framework, whose first op transposes its image.
static int64_t getChannelAxis(BlockArgument image) {
  int64_t last = cast<RankedTensorType>(image.getType()).getRank() - 1;
  for (Operation *user : image.getUsers())
    if (auto transpose = dyn_cast<TransposeOp>(user))
      return transpose.getPermutation()[last];
  return last;
}

PixelInput FoldInputNormalizationPass::getPixels() {
  PixelInput pixels;
  pixels.mean.assign(mean.begin(), mean.end());
  pixels.deviation.assign(deviation.begin(), deviation.end());
  if (pixels.mean.empty())
    pixels.mean.push_back(0.0f);
  if (pixels.deviation.empty())
    pixels.deviation.push_back(1.0f);
  for (SmallVector<float> *values : {&pixels.mean, &pixels.deviation})
    if (llvm::all_equal(*values))
      values->resize(1);
  pixels.axis = getChannelAxis(getOperation().getArgument(0));
  return pixels;
}

LogicalResult FoldInputNormalizationPass::run() {
  func::FuncOp network = getOperation();
  BlockArgument image = network.getArgument(0);
  auto type = cast<RankedTensorType>(image.getType());
  PixelInput pixels = getPixels();
  for (auto [what, count] : {std::pair("means", mean.size()), {"deviations", deviation.size()}})
    if (count > 1 && static_cast<int64_t>(count) != type.getDimSize(pixels.axis))
      return network.emitError() << "its image has " << type.getDimSize(pixels.axis)
                                 << " channels, but " << count << " " << what << " were given";
  if (failed(verifyPixelInput(network, type, pixels.toAttribute(&getContext()))))
    return failure();
  network.setArgAttr(0, kPixelsAttr, pixels.toAttribute(&getContext()));
  bool changesNothing =
      pixels.mean == SmallVector<float>{0.0f} && pixels.deviation == SmallVector<float>{1.0f};
  NormalizationFolder folder(pixels);
  if (!changesNothing && failed(folder.foldReaders(image, pixels.axis)))
    return failure();
  numFolded += folder.getNumFolded();
  return success();
}

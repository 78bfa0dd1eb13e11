// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conv.
#include "Window.h"

using namespace qopt;
using namespace qopt::onnx;

namespace {
/// A convolution's numbers, checked against each other. ONNX weights are [OC, C / groups, KH, KW].
struct Convolution {
  const Tensor *weights = nullptr;
  int64_t inputChannels = 0, outputChannels = 0, groups = 1;

  bool isDepthwise() const { return groups == inputChannels && groups > 1; }
};
} // namespace

static Convolution readConvolution(Node &node, ShapeRef input) {
  Convolution conv;
  conv.weights = &node.getFloatConstant(1, "the weights");
  ShapeRef shape = conv.weights->shape;
  if (shape.size() != 4)
    fail("its weights have shape " + toString(shape) +
         " where [OC, C / group, KH, KW] is supported; give the model 2-D convolutions");
  conv.inputChannels = input[3];
  conv.outputChannels = shape[0];
  conv.groups = node.getInt("group", 1);
  bool valid = conv.groups >= 1 && conv.groups <= conv.inputChannels && shape[0] >= 1 &&
               conv.inputChannels % conv.groups == 0 && conv.outputChannels % conv.groups == 0 &&
               shape[1] == conv.inputChannels / conv.groups;
  if (!valid)
    fail("its weights " + toString(shape) + " do not fit " + llvm::Twine(conv.inputChannels) +
         " input channels in " + llvm::Twine(conv.groups) +
         " groups; the file is damaged, export the model again");
  auto kernel = node.getInts("kernel_shape");
  if (kernel && ShapeRef(*kernel) != shape.drop_front(2))
    fail("attribute 'kernel_shape' is " + toString(*kernel) + " but the weights are " +
         toString(shape) + "; the file is damaged, export the model again");
  return conv;
}

/// The bias as a constant of the function, or null.
static mlir::Value importBias(Node &node, int64_t channels) {
  if (!node.hasInput(2))
    return {};
  const Tensor &bias = node.getFloatConstant(2, "the bias");
  if (bias.shape != Shape{channels})
    fail("its bias has shape " + toString(bias.shape) + " where " + toString({channels}) +
         " is needed; the file is damaged, export the model again");
  return node.createConstant(bias.name, bias.shape, bias.floats);
}

/// Exporters from TensorFlow write "same" padding as a Pad of zeros before the convolution.
static mlir::Value absorbPadding(mlir::Value input, Shape &pads) {
  auto pad = input.getDefiningOp<PadOp>();
  if (!pad || !pad.getValue().isZero())
    return input;
  ShapeRef low = pad.getLow(), high = pad.getHigh();
  if (low[0] || low[3] || high[0] || high[3])
    return input;
  pads = {pads[0] + low[1], pads[1] + low[2], pads[2] + high[1], pads[3] + high[2]};
  return pad.getInput();
}

static mlir::Value createDepthwise(Node &node, mlir::Value input, const SlidingWindow &window,
                                   const Convolution &conv, ShapeRef shape) {
  Tensor weights = transpose(*conv.weights, {2, 3, 0, 1}); // [KH, KW, OC, 1]
  weights.shape.pop_back();
  mlir::Value constant = node.createConstant(weights.name, weights.shape, weights.floats);
  mlir::Value bias = importBias(node, conv.outputChannels);
  return node.create<DepthwiseConv2DOp>(shape, input, constant, bias, window.strides, window.pads,
                                        window.dilations, mlir::DenseF32ArrayAttr(),
                                        mlir::DenseF32ArrayAttr());
}

static mlir::Value createConv(Node &node, mlir::Value input, const SlidingWindow &window,
                              const Convolution &conv, ShapeRef shape) {
  Tensor weights = transpose(*conv.weights, {0, 2, 3, 1}); // [OC, KH, KW, C / groups]
  mlir::Value constant = node.createConstant(weights.name, weights.shape, weights.floats);
  mlir::Value bias = importBias(node, conv.outputChannels);
  return node.create<Conv2DOp>(shape, input, constant, bias, /*residual=*/mlir::Value(),
                               window.strides, window.pads, window.dilations, conv.groups,
                               mlir::DenseF32ArrayAttr(), mlir::DenseF32ArrayAttr());
}

static void importConv(Node &node) {
  mlir::Value input = node.getChannelsLast(0);
  ShapeRef inputShape = Activation{input}.shape();
  Convolution conv = readConvolution(node, inputShape);
  SlidingWindow window = readWindow(node, ShapeRef(conv.weights->shape).drop_front(2), inputShape);
  Shape shape = {inputShape[0], window.output[0], window.output[1], conv.outputChannels};
  mlir::Value unpadded = absorbPadding(input, window.pads);
  mlir::Value result = conv.isDepthwise() ? createDepthwise(node, unpadded, window, conv, shape)
                                          : createConv(node, unpadded, window, conv, shape);
  node.setChannelsLast(result);
}

void qopt::onnx::addConvolutionOperators(OperatorTable &table) {
  table.add({{"Conv", importConv, nullptr, 3}});
}

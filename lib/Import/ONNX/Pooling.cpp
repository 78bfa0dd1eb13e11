// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools and means.
#include "Window.h"

#include "llvm/ADT/STLExtras.h"

using namespace qopt;
using namespace qopt::onnx;

static SlidingWindow readPool(Node &node, ShapeRef input) {
  node.requireSingleOutput();
  auto kernel = node.getInts("kernel_shape");
  if (!kernel)
    fail("attribute 'kernel_shape' is missing; the file is damaged, export the model again");
  return readWindow(node, *kernel, input);
}

static Shape pooledShape(ShapeRef input, const SlidingWindow &window) {
  return {input[0], window.output[0], window.output[1], input[3]};
}

/// Whether every window touches the input: pads smaller than the window.
static bool padsLessThanWindow(const SlidingWindow &window, ShapeRef pads) {
  Window geometry = Window::get(window.kernel, window.strides, pads, window.dilations);
  int64_t height = geometry.height.extent(), width = geometry.width.extent();
  return pads[0] < height && pads[2] < height && pads[1] < width && pads[3] < width;
}

static void importMaxPool(Node &node) {
  mlir::Value input = node.getChannelsLast(0);
  ShapeRef inputShape = Activation{input}.shape();
  SlidingWindow window = readPool(node, inputShape);
  if (!padsLessThanWindow(window, window.allPads()))
    fail("its padding " + toString(window.pads) +
         " is as large as the window, whose maximum would be over nothing; make it smaller");
  node.setChannelsLast(node.create<MaxPool2DOp>(pooledShape(inputShape, window), input,
                                                window.kernel, window.strides, window.allPads(),
                                                window.dilations));
}

/// Makes the model's padding explicit, where the op cannot tell counted from uncounted padding.
static mlir::Value createExplicitPadding(Node &node, mlir::Value input, ShapeRef pads) {
  Shape shape(Activation{input}.shape());
  shape[1] += pads[0] + pads[2];
  shape[2] += pads[1] + pads[3];
  return node.createHelper<PadOp>("pad", shape, input, ShapeRef{0, pads[0], pads[1], 0},
                                  ShapeRef{0, pads[2], pads[3], 0}, llvm::APFloat(0.0f));
}

static void importAveragePool(Node &node) {
  mlir::Value input = node.getChannelsLast(0);
  ShapeRef inputShape = Activation{input}.shape();
  SlidingWindow window = readPool(node, inputShape);
  if (window.dilations != Shape{1, 1})
    fail("it has dilations " + toString(window.dilations) +
         ", which average pools do not support; write it as a depthwise convolution");
  bool countsPads = node.getInt("count_include_pad", 0) != 0;
  Shape pads = window.allPads();
  // What ceil_mode adds is never counted, and pads as large as the window would leave it empty.
  bool needsPad =
      countsPads && (window.ceilPads != Shape{0, 0} || !padsLessThanWindow(window, pads));
  if (needsPad) {
    input = createExplicitPadding(node, input, window.pads);
    pads = {0, 0, window.ceilPads[0], window.ceilPads[1]};
    countsPads = false;
  }
  if (!padsLessThanWindow(window, pads))
    fail("its padding " + toString(window.pads) +
         " is as large as the window, whose mean would be over nothing; make it smaller");
  node.setChannelsLast(node.create<AvgPool2DOp>(pooledShape(inputShape, window), input,
                                                window.kernel, window.strides, pads, countsPads));
}

static void importGlobalMaxPool(Node &node) {
  mlir::Value input = node.getChannelsLast(0);
  ShapeRef shape = Activation{input}.shape();
  node.setChannelsLast(node.create<MaxPool2DOp>(Shape{shape[0], 1, 1, shape[3]}, input,
                                                ShapeRef{shape[1], shape[2]}, ShapeRef{1, 1},
                                                ShapeRef{0, 0, 0, 0}, ShapeRef{1, 1}));
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

/// Whether reducing `axes` (the model's) of an NHWC tensor leaves the model's order.
static bool keepsOrderChannelsLast(ShapeRef axes) {
  Shape kept;
  for (int64_t axis : kToChannelsLast)
    if (!llvm::is_contained(axes, axis))
      kept.push_back(axis);
  return llvm::is_sorted(kept);
}

/// `axes` are the model's, ascending and distinct.
static void createMean(Node &node, Shape axes, bool keepDims) {
  Activation input = node.getAny(0);
  // Without kept dimensions the result has a layout of its own, which must be the model's.
  if (input.isChannelsLast && !keepDims && !keepsOrderChannelsLast(axes))
    input = {node.getPlain(0), false};
  if (input.isChannelsLast) {
    for (int64_t &axis : axes)
      axis = channelsLastAxis(axis);
    llvm::sort(axes);
  }
  Shape shape;
  for (auto [dim, size] : llvm::enumerate(input.shape())) {
    bool isReduced = llvm::is_contained(axes, static_cast<int64_t>(dim));
    if (!isReduced || keepDims)
      shape.push_back(isReduced ? 1 : size);
  }
  mlir::Value result = node.create<ReduceMeanOp>(shape, input.value, axes, keepDims);
  node.setResult({result, input.isChannelsLast && keepDims});
}

static void importGlobalAveragePool(Node &node) {
  int64_t rank = node.getRank(0);
  if (rank < 3)
    fail("its input has shape " + toString(node.getShape(0)) +
         " where [N, C, H, W] is needed; export the model again");
  if (rank == 4)
    node.getChannelsLast(0);
  Shape axes;
  for (int64_t axis = 2; axis < rank; ++axis)
    axes.push_back(axis);
  createMean(node, axes, /*keepDims=*/true);
}

static void importReduceMean(Node &node) {
  int64_t rank = node.getRank(0);
  Shape axes = node.getIntsOrInput("axes", 1).value_or(Shape());
  if (axes.empty() && node.getInt("noop_with_empty_axes", 0) != 0)
    return node.setAlias(0);
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, rank);
  if (axes.empty())
    axes = countUp(rank);
  llvm::sort(axes);
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    fail("its axes " + toString(axes) + " repeat; the file is damaged, export the model again");
  createMean(node, axes, node.getInt("keepdims", 1) != 0);
}

void qopt::onnx::addPoolingOperators(OperatorTable &table) {
  table.add({{"MaxPool", importMaxPool, nullptr, 1},
             {"AveragePool", importAveragePool, nullptr, 1},
             {"GlobalMaxPool", importGlobalMaxPool, nullptr, 1},
             {"GlobalAveragePool", importGlobalAveragePool, nullptr, 1},
             {"ReduceMean", importReduceMean, nullptr, 2}});
}

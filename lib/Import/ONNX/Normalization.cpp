// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// BatchNormalization (of inference) and Softmax.
#include "Node.h"

#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

static mlir::Value importParameter(Node &node, unsigned index, llvm::StringRef what,
                                   int64_t channels) {
  const Tensor &tensor = node.getFloatConstant(index, what);
  if (tensor.shape != Shape{channels})
    fail(what + " (" + quoted(tensor.name) + ") has shape " + toString(tensor.shape) + " where " +
         toString({channels}) + " is needed; the file is damaged, export the model again");
  return node.createConstant(tensor.name, tensor.shape, tensor.floats);
}

static void checkVariance(Node &node, float epsilon) {
  const Tensor &variance = node.getFloatConstant(4, "the variance");
  for (float value : variance.floats)
    if (!(value + epsilon > 0))
      fail("variance plus epsilon of " + quoted(variance.name) +
           " is not positive; train or export the model again");
}

static void importBatchNormalization(Node &node) {
  node.requireSingleOutput();
  if (node.getInt("training_mode", 0) != 0 || node.getInt("spatial", 1) != 1)
    fail("it is in training mode or not per channel; export the model for inference");
  int64_t rank = node.getRank(0);
  if (rank != 2 && rank != 4)
    fail("its input has shape " + toString(node.getShape(0)) +
         " where [N, C] or [N, C, H, W] is supported; give the model 2-D layers");
  float epsilon = node.getFloat("epsilon", 1e-5f);
  if (!(epsilon >= 0) || std::isinf(epsilon))
    fail("attribute 'epsilon' is negative or infinite; export the model again");
  Activation input =
      rank == 4 ? Activation{node.getChannelsLast(0), true} : Activation{node.getPlain(0), false};
  int64_t channels = input.shape().back();
  mlir::Value scale = importParameter(node, 1, "the scale", channels);
  mlir::Value offset = importParameter(node, 2, "the offset", channels);
  mlir::Value mean = importParameter(node, 3, "the mean", channels);
  mlir::Value variance = importParameter(node, 4, "the variance", channels);
  checkVariance(node, epsilon);
  mlir::Value result = node.create<BatchNormOp>(input.shape(), input.value, scale, offset, mean,
                                                variance, llvm::APFloat(epsilon));
  node.setResult({result, input.isChannelsLast});
}

/// Softmax over the last dimension of `input` reshaped to [rows, columns].
static mlir::Value createSoftmaxOfRows(Node &node, mlir::Value input, int64_t rows) {
  Shape shape(Activation{input}.shape());
  Shape flat = {rows, elementCount(shape) / rows};
  if (shape == flat)
    return node.create<SoftmaxOp>(flat, input);
  mlir::Value reshaped = node.createHelper<ReshapeOp>("rows", flat, input);
  mlir::Value result = node.create<SoftmaxOp>(flat, reshaped);
  return node.createHelper<ReshapeOp>("shape", shape, result);
}

/// Before opset 13 all dimensions from the axis on were one.
static void importFlattenedSoftmax(Node &node) {
  int64_t axis = node.getInt("axis", 1);
  int64_t rank = node.getRank(0);
  axis = axis == rank ? rank : node.normalizeAxis(axis, rank);
  ShapeRef shape = node.getShape(0);
  node.setResult(createSoftmaxOfRows(node, node.getPlain(0), elementCount(shape.take_front(axis))));
}

static void importSoftmax(Node &node) {
  if (node.getRank(0) == 0)
    fail("its input is a scalar; remove it from the model");
  if (node.getOpset() < 13)
    return importFlattenedSoftmax(node);
  int64_t rank = node.getRank(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  if (rank == 4 && axis == 1)
    return node.setChannelsLast(node.create<SoftmaxOp>(permute(node.getShape(0), kToChannelsLast),
                                                       node.getChannelsLast(0)));
  mlir::Value input = node.getPlain(0);
  Shape shape(node.getShape(0));
  if (axis == rank - 1)
    return node.setResult(node.create<SoftmaxOp>(shape, input));
  Shape swap = countUp(rank);
  std::swap(swap[axis], swap[rank - 1]);
  Shape swapped = permute(shape, swap);
  mlir::Value moved = node.createHelper<TransposeOp>("last", swapped, input, swap);
  mlir::Value result = node.create<SoftmaxOp>(swapped, moved);
  node.setResult(node.createHelper<TransposeOp>("shape", shape, result, swap));
}

void qopt::onnx::addNormalizationOperators(OperatorTable &table) {
  table.add({{"BatchNormalization", importBatchNormalization, nullptr, 5},
             {"Softmax", importSoftmax, nullptr, 1}});
}

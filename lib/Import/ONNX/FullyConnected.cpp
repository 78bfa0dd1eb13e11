// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gemm and MatMul with constant weights.
#include "Node.h"

#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

namespace {
/// y = x * weights^T (+ bias) (+ rest): weights [OC, K]; bias is a vector, `rest` anything else.
struct FullyConnected {
  Tensor weights;
  std::optional<Tensor> bias, rest;
};
} // namespace

static void scale(Tensor &tensor, float factor) {
  if (factor == 1)
    return;
  for (float &value : tensor.floats)
    value *= factor;
}

/// The second operand as [OC, K].
static Tensor readWeights(Node &node, bool isTransposed, int64_t inner) {
  const Tensor &tensor = node.getFloatConstant(1, "the weights");
  bool fits = tensor.shape.size() == 2 && tensor.shape[isTransposed ? 1 : 0] == inner &&
              tensor.shape[isTransposed ? 0 : 1] >= 1;
  if (!fits)
    fail("its weights (" + quoted(tensor.name) + ") have shape " + toString(tensor.shape) +
         ", which does not fit an inner dimension of " + llvm::Twine(inner) +
         "; export the model again, or with the batch size it was traced with");
  return isTransposed ? tensor : transpose(tensor, {1, 0});
}

/// Sorts the addend into bias or rest.
static void readAddend(Node &node, float beta, FullyConnected &layer) {
  if (!node.hasInput(2) || beta == 0)
    return;
  Tensor addend = node.getFloatConstant(2, "the addend");
  scale(addend, beta);
  int64_t channels = layer.weights.shape[0];
  ShapeRef shape = addend.shape;
  bool isRow = shape.size() <= 2 && (shape.size() < 2 || shape[0] == 1) &&
               (shape.empty() || shape.back() == 1 || shape.back() == channels);
  if (!isRow) {
    layer.rest = std::move(addend);
    return;
  }
  addend.shape = shape.empty() ? Shape{1} : Shape{shape.back()};
  layer.bias = broadcast(addend, {channels});
}

static mlir::Value createMatmul(Node &node, mlir::Value input, const FullyConnected &layer) {
  int64_t rows = Activation{input}.shape()[0], channels = layer.weights.shape[0];
  mlir::Value weights =
      node.createConstant(layer.weights.name, layer.weights.shape, layer.weights.floats);
  mlir::Value bias;
  if (layer.bias)
    bias = node.createConstant(layer.bias->name, layer.bias->shape, layer.bias->floats);
  return node.create<MatmulOp>({rows, channels}, input, weights, bias, mlir::DenseF32ArrayAttr(),
                               mlir::DenseF32ArrayAttr());
}

static void importGemm(Node &node) {
  if (node.getRank(0) != 2)
    fail("its input has shape " + toString(node.getShape(0)) +
         " where two dimensions are needed; put a Flatten before it");
  mlir::Value input = node.getPlain(0);
  Shape shape(node.getShape(0));
  if (node.getInt("transA", 0) != 0) {
    shape = {shape[1], shape[0]};
    input = node.createHelper<TransposeOp>("transpose", shape, input, ShapeRef{1, 0});
  }
  FullyConnected layer;
  layer.weights = readWeights(node, node.getInt("transB", 0) != 0, shape[1]);
  scale(layer.weights, node.getFloat("alpha", 1));
  readAddend(node, node.getFloat("beta", 1), layer);
  mlir::Value result = createMatmul(node, input, layer);
  if (layer.rest) {
    Shape resultShape(Activation{result}.shape());
    ShapeRef rest = layer.rest->shape;
    if (rest.size() != 2 || broadcastShapes(rest, resultShape) != resultShape)
      fail("its addend of shape " + toString(rest) + " does not fit its result; export it again");
    mlir::Value addend = node.createConstant(layer.rest->name, rest, layer.rest->floats);
    result = node.createHelper<AddOp>("add", resultShape, result, addend, mlir::DenseF32ArrayAttr(),
                                      mlir::DenseF32ArrayAttr());
  }
  node.setResult(result);
}

static void importMatMul(Node &node) {
  Shape shape(node.getShape(0));
  if (shape.size() < 2)
    fail("its input has shape " + toString(shape) +
         " where at least two dimensions are supported; put a Reshape before it");
  mlir::Value input = node.getPlain(0);
  Shape rows = {elementCount(shape) / shape.back(), shape.back()};
  if (shape.size() > 2)
    input = node.createHelper<ReshapeOp>("rows", rows, input);
  FullyConnected layer;
  layer.weights = readWeights(node, /*isTransposed=*/false, shape.back());
  mlir::Value result = createMatmul(node, input, layer);
  if (shape.size() > 2) {
    shape.back() = layer.weights.shape[0];
    result = node.createHelper<ReshapeOp>("shape", shape, result);
  }
  node.setResult(result);
}

void qopt::onnx::addFullyConnectedOperators(OperatorTable &table) {
  table.add({{"Gemm", importGemm, nullptr, 3}, {"MatMul", importMatMul, nullptr, 2}});
}

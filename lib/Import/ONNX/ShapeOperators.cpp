// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape arithmetic: operators that exist on constants only, all shapes being static.
#include "Node.h"

#include <cmath>

using namespace qopt::onnx;

static void importShape(Node &node) {
  ShapeRef shape = node.getShape(0);
  int64_t rank = shape.size();
  auto clampEnd = [&](int64_t end) {
    return std::clamp<int64_t>(end < 0 ? end + rank : end, 0, rank);
  };
  int64_t start = clampEnd(node.getInt("start", 0));
  int64_t end = clampEnd(node.getInt("end", rank));
  node.setTensor(Tensor::ofIntegers(shape.slice(start, std::max<int64_t>(0, end - start))));
}

static void importSize(Node &node) {
  node.setTensor(Tensor::ofInteger(elementCount(node.getShape(0))));
}

//===----------------------------------------------------------------------===//
// Generators
//===----------------------------------------------------------------------===//

static Shape readShape(Node &node, unsigned index) {
  const Tensor &tensor = node.getIntegerConstant(index, "the shape");
  return Shape(tensor.integers.begin(), tensor.integers.end());
}

static void foldConstantOfShape(Node &node) {
  Tensor element = Tensor::ofShape(ElementKind::Float, {1});
  if (const proto::TensorProto *value = node.getTensorMessage("value"))
    element = decodeTensor(*value, node.getName(), node.getGraph().getTensorSource());
  if (element.size() != 1)
    fail("attribute 'value' must be one number; the file is damaged, export the model again");
  Shape shape = readShape(node, 0);
  node.reserve(element.kind, shape);
  element.shape = {1};
  Tensor result = shape.empty() ? element : broadcast(element, shape);
  result.shape = shape;
  node.setTensor(std::move(result));
}

static void foldRange(Node &node) {
  Tensor bounds[3];
  for (unsigned i = 0; i < 3; ++i)
    bounds[i] = node.getIntegerConstant(i, "the range");
  for (const Tensor &bound : bounds)
    if (bound.size() != 1)
      fail("its bounds are not single integers; export the model again");
  int64_t start = bounds[0].integers[0], limit = bounds[1].integers[0];
  int64_t step = bounds[2].integers[0], distance;
  if (step == 0 || __builtin_sub_overflow(limit, start, &distance) || step == INT64_MIN)
    fail("its step is zero or its bounds overflow; export the model again");
  bool isEmpty = (distance > 0) != (step > 0) || distance == 0;
  int64_t count = isEmpty ? 0 : distance / step + (distance % step != 0);
  node.reserve(ElementKind::Integer, {count});
  Tensor result = Tensor::ofShape(ElementKind::Integer, {count});
  for (int64_t i = 0; i < count; ++i)
    result.integers[i] = start + i * step;
  node.setTensor(std::move(result));
}

static void foldExpand(Node &node) {
  const Tensor &tensor = node.getConstant(0, "the operand");
  Shape wanted = readShape(node, 1);
  for (int64_t dim : wanted)
    if (dim < 0)
      fail("its shape " + toString(wanted) + " is negative; export the model again");
  Shape shape = broadcastShapes(tensor.shape, wanted);
  node.reserve(tensor.kind, shape);
  node.setTensor(broadcast(tensor, shape));
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

static int64_t toInteger(float value) {
  if (!(std::fabs(value) < 9.0e18f))
    fail("it casts a float beyond the range of integers; export the model again");
  return static_cast<int64_t>(value);
}

static Tensor castTo(const Tensor &tensor, ElementKind kind) {
  Tensor result = Tensor::ofShape(kind, tensor.shape);
  result.name = tensor.name;
  for (size_t i = 0; i < tensor.size(); ++i) {
    if (kind == ElementKind::Float)
      result.floats[i] = tensor.isFloat() ? tensor.floats[i] : float(tensor.integers[i]);
    else if (kind == ElementKind::Boolean)
      result.integers[i] = tensor.isFloat() ? tensor.floats[i] != 0 : tensor.integers[i] != 0;
    else
      result.integers[i] = tensor.isFloat() ? toInteger(tensor.floats[i]) : tensor.integers[i];
  }
  return result;
}

static std::optional<ElementKind> readCastKind(const Node &node) {
  switch (node.getInt("to", 0)) {
  case proto::TensorProto::FLOAT:
    return ElementKind::Float;
  case proto::TensorProto::INT64:
  case proto::TensorProto::INT32:
    return ElementKind::Integer;
  case proto::TensorProto::BOOL:
    return ElementKind::Boolean;
  default:
    return std::nullopt;
  }
}

static void foldCast(Node &node) {
  const Tensor &tensor = node.getConstant(0, "the operand");
  std::optional<ElementKind> kind = readCastKind(node);
  if (!kind)
    fail("it casts to " + elementTypeName(int32_t(node.getInt("to", 0))) +
         " where FLOAT, INT32, INT64 and BOOL are supported; convert the model to 32-bit floats");
  node.reserve(*kind, tensor.shape);
  node.setTensor(castTo(tensor, *kind));
}

/// Activations are FLOAT already.
static void importCast(Node &node) {
  if (readCastKind(node) != ElementKind::Float)
    fail("it casts an activation to " + elementTypeName(int32_t(node.getInt("to", 0))) +
         "; activations are FLOAT throughout, remove the cast from the model");
  node.setAlias(0);
}

template <float (*function)(float)> static void foldRounding(Node &node) {
  Tensor tensor = node.getFloatConstant(0, "the operand");
  for (float &value : tensor.floats)
    value = function(value);
  node.reserve(tensor.kind, tensor.shape);
  node.setTensor(std::move(tensor));
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

static void foldEqual(Node &node) {
  const Tensor &lhs = node.getConstant(0, "the first operand");
  const Tensor &rhs = node.getConstant(1, "the second operand");
  if (lhs.kind != rhs.kind)
    fail("its operands have different types; the file is damaged, export the model again");
  Shape shape = broadcastShapes(lhs.shape, rhs.shape);
  node.reserve(ElementKind::Boolean, shape);
  Tensor left = broadcast(lhs, shape), right = broadcast(rhs, shape);
  Tensor result = Tensor::ofShape(ElementKind::Boolean, shape);
  for (size_t i = 0; i < result.size(); ++i)
    result.integers[i] =
        left.isFloat() ? left.floats[i] == right.floats[i] : left.integers[i] == right.integers[i];
  node.setTensor(std::move(result));
}

static void foldWhere(Node &node) {
  const Tensor &condition = node.getIntegerConstant(0, "the condition");
  const Tensor &lhs = node.getConstant(1, "the first choice");
  const Tensor &rhs = node.getConstant(2, "the second choice");
  if (lhs.kind != rhs.kind)
    fail("its choices have different types; the file is damaged, export the model again");
  Shape shape = broadcastShapes(condition.shape, broadcastShapes(lhs.shape, rhs.shape));
  node.reserve(lhs.kind, shape);
  node.reserve(ElementKind::Boolean, shape);
  Tensor choose = broadcast(condition, shape), other = broadcast(rhs, shape);
  Tensor result = broadcast(lhs, shape);
  for (size_t i = 0; i < choose.size(); ++i) {
    if (choose.integers[i])
      continue;
    if (result.isFloat())
      result.floats[i] = other.floats[i];
    else
      result.integers[i] = other.integers[i];
  }
  node.setTensor(std::move(result));
}

void qopt::onnx::addShapeOperators(OperatorTable &table) {
  table.add({{"Shape", importShape, nullptr, 1},
             {"Size", importSize, nullptr, 1},
             {"ConstantOfShape", nullptr, foldConstantOfShape, 1},
             {"Range", nullptr, foldRange, 3},
             {"Expand", nullptr, foldExpand, 2},
             {"Cast", importCast, foldCast, 1},
             {"Floor", nullptr, foldRounding<std::floor>, 1},
             {"Ceil", nullptr, foldRounding<std::ceil>, 1},
             {"Equal", nullptr, foldEqual, 2},
             {"Where", nullptr, foldWhere, 3}});
}

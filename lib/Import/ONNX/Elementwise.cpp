// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic on two activations, or on one and a constant.
#include "Folds.h"
#include "Node.h"
#include "ProducerFolding.h"

using namespace qopt;
using namespace qopt::onnx;

//===----------------------------------------------------------------------===//
// Operands of equal rank in one layout
//===----------------------------------------------------------------------===//

/// The layout that a broadcasting op computes in.
static bool computesChannelsLast(const Node &node, size_t rank) {
  bool found = false;
  for (unsigned i = 0; rank == 4 && i < node.getNumInputs(); ++i)
    found |= node.getRank(i) == 4 && node.hasChannelsLast(i);
  return found;
}

static mlir::Value getOperand(Node &node, unsigned index, size_t rank, bool channelsLast) {
  if (node.isConstant(index)) {
    Tensor tensor = alignConstant(node.getFloatConstant(index, "the operand"), rank, channelsLast);
    return node.createConstant(tensor.name, tensor.shape, tensor.floats);
  }
  ShapeRef shape = node.getShape(index);
  if (shape.size() == rank)
    return channelsLast ? node.getChannelsLast(index) : node.getPlain(index);
  Shape padded(rank - shape.size(), 1);
  padded.append(shape.begin(), shape.end());
  mlir::Value value = node.createHelper<ReshapeOp>("rank", padded, node.getPlain(index));
  if (!channelsLast)
    return value;
  return node.createHelper<TransposeOp>("to_nhwc", permute(padded, kToChannelsLast), value,
                                        ShapeRef(kToChannelsLast));
}

template <typename OpTy>
static mlir::Value createBinary(Node &node, mlir::Value lhs, mlir::Value rhs) {
  Shape shape = broadcastShapes(Activation{lhs}.shape(), Activation{rhs}.shape());
  return node.create<OpTy>(shape, lhs, rhs, mlir::DenseF32ArrayAttr(), mlir::DenseF32ArrayAttr());
}

template <typename OpTy> static void importBinary(Node &node) {
  size_t rank = std::max(node.getRank(0), node.getRank(1));
  bool channelsLast = computesChannelsLast(node, rank);
  mlir::Value lhs = getOperand(node, 0, rank, channelsLast);
  mlir::Value rhs = getOperand(node, 1, rank, channelsLast);
  node.setResult({createBinary<OpTy>(node, lhs, rhs), channelsLast});
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// `tensor` with each element mapped; NaN and infinities are refused where it becomes a constant.
template <typename Function> static Tensor mapped(Tensor tensor, Function function) {
  for (float &value : tensor.floats)
    value = function(value);
  return tensor;
}

/// The operand that is a constant, or none.
static std::optional<unsigned> constantOperand(const Node &node) {
  if (node.isConstant(1))
    return 1;
  return node.isConstant(0) ? std::optional<unsigned>(0) : std::nullopt;
}

static void importAdd(Node &node) {
  std::optional<unsigned> constant = constantOperand(node);
  if (constant && addToProducer(node, 1 - *constant, node.getFloatConstant(*constant, "it")))
    return;
  importBinary<AddOp>(node);
}

static void importSub(Node &node) {
  auto negate = [](float value) { return -value; };
  if (node.isConstant(1) &&
      addToProducer(node, 0, mapped(node.getFloatConstant(1, "the subtrahend"), negate)))
    return;
  importBinary<SubOp>(node);
}

static void importMul(Node &node) {
  std::optional<unsigned> constant = constantOperand(node);
  if (constant && scaleProducer(node, 1 - *constant, node.getFloatConstant(*constant, "it")))
    return;
  importBinary<MulOp>(node);
}

/// A quotient by a constant is a product with its reciprocal.
static void importDiv(Node &node) {
  if (!node.isConstant(1))
    fail("it divides by an activation, which is not supported; only constant divisors are");
  const Tensor &divisor = node.getFloatConstant(1, "the divisor");
  if (llvm::is_contained(divisor.floats, 0.0f))
    fail("the divisor " + quoted(divisor.name) + " holds a zero; export the model again");
  Tensor factor = mapped(divisor, [](float value) { return 1.0f / value; });
  if (scaleProducer(node, 0, factor))
    return;
  size_t rank = std::max<size_t>(node.getRank(0), factor.shape.size());
  bool channelsLast = computesChannelsLast(node, rank);
  mlir::Value lhs = getOperand(node, 0, rank, channelsLast);
  factor = alignConstant(factor, rank, channelsLast);
  mlir::Value rhs = node.createConstant(factor.name, factor.shape, factor.floats);
  node.setResult({createBinary<MulOp>(node, lhs, rhs), channelsLast});
}

static void importSum(Node &node) {
  int64_t rank = 0;
  for (unsigned i = 0; i < node.getNumInputs(); ++i)
    rank = std::max(rank, node.getRank(i));
  if (node.getNumInputs() < 2)
    return node.setAlias(0);
  bool channelsLast = computesChannelsLast(node, rank);
  mlir::Value sum = getOperand(node, 0, rank, channelsLast);
  for (unsigned i = 1; i < node.getNumInputs(); ++i)
    sum = createBinary<AddOp>(node, sum, getOperand(node, i, rank, channelsLast));
  node.setResult({sum, channelsLast});
}

void qopt::onnx::addElementwiseOperators(OperatorTable &table) {
  table.add({{"Add", importAdd, foldAdd, 2},
             {"Sub", importSub, foldSub, 2},
             {"Mul", importMul, foldMul, 2},
             {"Div", importDiv, foldDiv, 2},
             {"Sum", importSum, nullptr}});
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Folds.h"
#include "Node.h"

#include <cmath>

using namespace qopt::onnx;

[[noreturn]] static void failOverflow() {
  fail("its integers overflow; the file is damaged, export the model again");
}

namespace {
struct AddFunction {
  float operator()(float a, float b) const { return a + b; }
  int64_t operator()(int64_t a, int64_t b) const {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (failOverflow(), 0) : sum;
  }
};

struct SubFunction {
  float operator()(float a, float b) const { return a - b; }
  int64_t operator()(int64_t a, int64_t b) const {
    int64_t difference;
    return __builtin_sub_overflow(a, b, &difference) ? (failOverflow(), 0) : difference;
  }
};

struct MulFunction {
  float operator()(float a, float b) const { return a * b; }
  int64_t operator()(int64_t a, int64_t b) const {
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? (failOverflow(), 0) : product;
  }
};

struct DivFunction {
  float operator()(float a, float b) const { return a / b; }
  int64_t operator()(int64_t a, int64_t b) const {
    if (b == 0)
      fail("it divides integers by zero; the file is damaged, export the model again");
    return b == -1 ? SubFunction()(int64_t(0), a) : a / b;
  }
};

struct MinFunction {
  template <typename T> T operator()(T a, T b) const { return std::min(a, b); }
};

struct MaxFunction {
  template <typename T> T operator()(T a, T b) const { return std::max(a, b); }
};
} // namespace

template <typename Function>
static Tensor combine(Node &node, const Tensor &lhs, const Tensor &rhs, Function function) {
  if (lhs.kind != rhs.kind || lhs.kind == ElementKind::Boolean)
    fail("its constants are not of one numeric type; the file is damaged, export the model again");
  Shape shape = broadcastShapes(lhs.shape, rhs.shape);
  node.reserve(lhs.kind, shape);
  Tensor result = broadcast(lhs, shape);
  Tensor other = broadcast(rhs, shape);
  result.name.clear();
  for (size_t i = 0; i < result.floats.size(); ++i)
    result.floats[i] = function(result.floats[i], other.floats[i]);
  for (size_t i = 0; i < result.integers.size(); ++i)
    result.integers[i] = function(result.integers[i], other.integers[i]);
  return result;
}

template <typename Function> static void foldBinary(Node &node) {
  node.setTensor(combine(node, node.getConstant(0, "the first operand"),
                         node.getConstant(1, "the second operand"), Function()));
}

/// Any number of operands.
template <typename Function> static void foldVariadic(Node &node) {
  Tensor result = node.getConstant(0, "the first operand");
  for (unsigned i = 1; i < node.getNumInputs(); ++i)
    result = combine(node, result, node.getConstant(i, "an operand"), Function());
  node.setTensor(std::move(result));
}

template <typename Function> static void foldFloats(Node &node, Function function) {
  Tensor result = node.getFloatConstant(0, "the operand");
  node.reserve(result.kind, result.shape);
  result.name.clear();
  for (float &value : result.floats)
    value = function(value);
  node.setTensor(std::move(result));
}

void qopt::onnx::foldAdd(Node &node) { foldBinary<AddFunction>(node); }
void qopt::onnx::foldSub(Node &node) { foldBinary<SubFunction>(node); }
void qopt::onnx::foldMul(Node &node) { foldBinary<MulFunction>(node); }
void qopt::onnx::foldDiv(Node &node) { foldBinary<DivFunction>(node); }
void qopt::onnx::foldMinimum(Node &node) { foldVariadic<MinFunction>(node); }
void qopt::onnx::foldMaximum(Node &node) { foldVariadic<MaxFunction>(node); }

void qopt::onnx::foldSqrt(Node &node) {
  foldFloats(node, [](float value) { return std::sqrt(value); });
}

void qopt::onnx::foldNegation(Node &node) {
  const Tensor &operand = node.getConstant(0, "the operand");
  if (operand.isFloat())
    return foldFloats(node, [](float value) { return -value; });
  Tensor zero = Tensor::ofInteger(0);
  zero.kind = operand.kind;
  node.setTensor(combine(node, zero, operand, SubFunction()));
}

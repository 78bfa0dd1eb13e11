// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tensor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt::onnx;

std::string qopt::onnx::quoted(llvm::StringRef name) {
  constexpr size_t kLongest = 96;
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '\'';
  llvm::printEscapedString(name.take_front(kLongest), stream);
  stream << (name.size() > kLongest ? "...'" : "'");
  return text;
}

std::string qopt::onnx::toString(ShapeRef shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(shape, stream);
  stream << ']';
  return text;
}

std::optional<uint64_t> qopt::onnx::countElements(ShapeRef shape, uint64_t limit) {
  uint64_t count = 1;
  for (int64_t dim : shape) {
    bool overflow = false;
    if (dim < 0)
      return std::nullopt;
    count = llvm::SaturatingMultiply<uint64_t>(count, dim, &overflow);
    if (overflow)
      return std::nullopt;
  }
  return count > limit ? std::nullopt : std::optional<uint64_t>(count);
}

int64_t qopt::onnx::elementCount(ShapeRef shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

Tensor Tensor::ofShape(ElementKind kind, ShapeRef shape) {
  Tensor tensor;
  tensor.kind = kind;
  tensor.shape.assign(shape.begin(), shape.end());
  if (kind == ElementKind::Float)
    tensor.floats.resize(elementCount(shape));
  else
    tensor.integers.resize(elementCount(shape));
  return tensor;
}

Tensor Tensor::ofIntegers(ShapeRef values) {
  Tensor tensor = ofShape(ElementKind::Integer, {static_cast<int64_t>(values.size())});
  tensor.integers.assign(values.begin(), values.end());
  return tensor;
}

Tensor Tensor::ofInteger(int64_t value) {
  Tensor tensor = ofShape(ElementKind::Integer, {});
  tensor.integers[0] = value;
  return tensor;
}

Shape qopt::onnx::rowMajorStrides(ShapeRef shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/// Calls `visit(index)` for each position of `shape`, in row-major order.
template <typename Visitor>
static void visitStrided(ShapeRef shape, int64_t start, ShapeRef strides, Visitor visit) {
  Shape position(shape.size(), 0);
  int64_t index = start;
  for (int64_t left = elementCount(shape); left > 0; --left) {
    visit(index);
    for (size_t dim = shape.size(); dim-- > 0;) {
      index += strides[dim];
      if (++position[dim] < shape[dim])
        break;
      index -= strides[dim] * shape[dim];
      position[dim] = 0;
    }
  }
}

Tensor qopt::onnx::stridedView(const Tensor &tensor, ShapeRef shape, int64_t start,
                               ShapeRef strides) {
  Tensor result;
  result.name = tensor.name;
  result.kind = tensor.kind;
  result.shape.assign(shape.begin(), shape.end());
  int64_t count = elementCount(shape);
  if (tensor.isFloat()) {
    result.floats.reserve(count);
    visitStrided(shape, start, strides,
                 [&](int64_t from) { result.floats.push_back(tensor.floats[from]); });
  } else {
    result.integers.reserve(count);
    visitStrided(shape, start, strides,
                 [&](int64_t from) { result.integers.push_back(tensor.integers[from]); });
  }
  return result;
}

Tensor qopt::onnx::gather(const Tensor &tensor, llvm::ArrayRef<int64_t> indices, ShapeRef shape) {
  Tensor result = Tensor::ofShape(tensor.kind, shape);
  result.name = tensor.name;
  for (auto [i, from] : llvm::enumerate(indices)) {
    if (tensor.isFloat())
      result.floats[i] = tensor.floats[from];
    else
      result.integers[i] = tensor.integers[from];
  }
  return result;
}

Tensor qopt::onnx::transpose(const Tensor &tensor, ShapeRef permutation) {
  Shape shape = permute(tensor.shape, permutation);
  Shape strides = permute(rowMajorStrides(tensor.shape), permutation);
  return stridedView(tensor, shape, 0, strides);
}

Shape qopt::onnx::broadcastShapes(ShapeRef lhs, ShapeRef rhs) {
  Shape shape(std::max(lhs.size(), rhs.size()), 1);
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t left = i < lhs.size() ? lhs[lhs.size() - 1 - i] : 1;
    int64_t right = i < rhs.size() ? rhs[rhs.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1)
      fail("the shapes " + toString(lhs) + " and " + toString(rhs) +
           " do not broadcast; run shape inference on the model to find where they part");
    shape[shape.size() - 1 - i] = left == 1 ? right : left;
  }
  return shape;
}

Tensor qopt::onnx::broadcast(const Tensor &tensor, ShapeRef shape) {
  size_t missing = shape.size() - tensor.shape.size();
  Shape own = rowMajorStrides(tensor.shape);
  Shape strides(shape.size(), 0);
  for (size_t i = 0; i < own.size(); ++i)
    strides[missing + i] = tensor.shape[i] == 1 ? 0 : own[i];
  return stridedView(tensor, shape, 0, strides);
}

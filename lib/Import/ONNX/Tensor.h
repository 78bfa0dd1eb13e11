// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A constant of the model, decoded: weights, and the integers of shape arithmetic.
#ifndef QOPT_LIB_IMPORT_ONNX_TENSOR_H
#define QOPT_LIB_IMPORT_ONNX_TENSOR_H

#include "Error.h"
#include "Layout.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace qopt::onnx {

enum class ElementKind { Float, Integer, Boolean };

/// Row-major elements; floats in `floats`, integers and booleans in `integers`.
struct Tensor {
  std::string name;
  ElementKind kind = ElementKind::Float;
  Shape shape;
  std::vector<float> floats;
  std::vector<int64_t> integers;

  bool isFloat() const { return kind == ElementKind::Float; }
  size_t size() const { return isFloat() ? floats.size() : integers.size(); }

  /// A tensor of `shape` with room for its elements.
  static Tensor ofShape(ElementKind kind, ShapeRef shape);
  /// Integers as a vector, or as a scalar.
  static Tensor ofIntegers(ShapeRef values);
  static Tensor ofInteger(int64_t value);
};

/// The number of elements; none where a dimension is negative or the product is beyond `limit`.
std::optional<uint64_t> countElements(ShapeRef shape, uint64_t limit);

/// The number of elements of a shape that is known to be small enough.
int64_t elementCount(ShapeRef shape);

/// Row-major strides, in elements.
Shape rowMajorStrides(ShapeRef shape);

/// The elements of `tensor` at `indices`, in a tensor of `shape`.
Tensor gather(const Tensor &tensor, llvm::ArrayRef<int64_t> indices, ShapeRef shape);

/// A tensor of `shape` whose element at position p is the one of `tensor` at index
/// `start + sum(p[i] * strides[i])` (strides of 0 repeat, negative ones walk backwards).
Tensor stridedView(const Tensor &tensor, ShapeRef shape, int64_t start, ShapeRef strides);

/// result.shape[i] = tensor.shape[permutation[i]]
Tensor transpose(const Tensor &tensor, ShapeRef permutation);

/// The shape that both broadcast to, aligned at the last dimension.
Shape broadcastShapes(ShapeRef lhs, ShapeRef rhs);

/// `tensor` spread to `shape`, to which its own shape must broadcast.
Tensor broadcast(const Tensor &tensor, ShapeRef shape);

/// "[1, 3, 224, 224]"
std::string toString(ShapeRef shape);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_TENSOR_H

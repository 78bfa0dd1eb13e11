// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A shape and a pointer: what the reference kernels work on. Row-major,
// innermost dimension last, NHWC where there are images.

#ifndef QOPT_QUANTIZATION_TENSORVIEW_H
#define QOPT_QUANTIZATION_TENSORVIEW_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <type_traits>

namespace qopt::numerics {

using Shape = llvm::ArrayRef<int64_t>;

/// Product of the dimensions.
inline int64_t elementCount(Shape shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

/// Row-major strides, in elements.
inline llvm::SmallVector<int64_t, 6> rowMajorStrides(Shape shape) {
  llvm::SmallVector<int64_t, 6> strides(shape.size(), 1);
  for (size_t i = shape.size(); i > 1; --i)
    strides[i - 2] = strides[i - 1] * shape[i - 1];
  return strides;
}

template <typename T> struct View {
  Shape shape;
  T *data;

  View(Shape shape, T *data) : shape(shape), data(data) {}
  /// A view of constants from a view of variables.
  template <typename U, typename = std::enable_if_t<std::is_same_v<const U, T>>>
  View(const View<U> &other) : shape(other.shape), data(other.data) {}

  int64_t size() const { return elementCount(shape); }
  int64_t dim(size_t i) const { return shape[i]; }
  int64_t channels() const { return shape.back(); }
};

template <typename T> using ConstView = View<const T>;

/// Element `channel` of a per-channel array; per tensor is an array of one.
template <typename Array> auto perChannel(const Array &values, int64_t channel) {
  return values[values.size() == 1 ? 0 : channel];
}

/// Geometry of a sliding window. Bottom and right padding follow from the
/// output's shape.
struct Window {
  int64_t kernelH = 1, kernelW = 1;
  int64_t strideH = 1, strideW = 1;
  int64_t dilationH = 1, dilationW = 1;
  int64_t padTop = 0, padLeft = 0;

  int64_t inputRow(int64_t outputRow, int64_t tap) const {
    return outputRow * strideH - padTop + tap * dilationH;
  }
  int64_t inputColumn(int64_t outputColumn, int64_t tap) const {
    return outputColumn * strideW - padLeft + tap * dilationW;
  }
};

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_TENSORVIEW_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations that only move elements, for codes and floats alike: pad, concat,
// transpose, slice, nearest resize; and the broadcast walk of binary ones.

#ifndef QOPT_QUANTIZATION_ELEMENTMOVERS_H
#define QOPT_QUANTIZATION_ELEMENTMOVERS_H

#include "qopt/Quantization/TensorView.h"

#include <algorithm>

namespace qopt::numerics {

/// Calls body(offset) for every index of `shape` in row-major order, where
/// offset = start + Σ index[d]·strides[d].
template <typename Body>
void forEachOffset(Shape shape, llvm::ArrayRef<int64_t> strides, int64_t start, Body body) {
  if (elementCount(shape) == 0)
    return;
  llvm::SmallVector<int64_t, 6> index(shape.size(), 0);
  int64_t offset = start;
  while (true) {
    body(offset);
    size_t d = shape.size();
    for (; d > 0; --d) { // count up, innermost first
      offset += strides[d - 1];
      if (++index[d - 1] < shape[d - 1])
        break;
      offset -= strides[d - 1] * shape[d - 1];
      index[d - 1] = 0;
    }
    if (d == 0)
      return;
  }
}

/// out[i] = in[start + Σ index·strides] for every index of out.
template <typename T>
void gather(const T *in, llvm::ArrayRef<int64_t> strides, int64_t start, View<T> out) {
  T *next = out.data;
  forEachOffset(out.shape, strides, start, [&](int64_t offset) { *next++ = in[offset]; });
}

/// out[i0, i1, …] = in[…] with out dimension d taken from in dimension
/// permutation[d].
template <typename T>
void transpose(ConstView<T> in, llvm::ArrayRef<int64_t> permutation, View<T> out) {
  auto inStrides = rowMajorStrides(in.shape);
  llvm::SmallVector<int64_t, 6> strides;
  for (int64_t source : permutation)
    strides.push_back(inStrides[source]);
  gather(in.data, strides, 0, out);
}

/// out[i] = in[starts + i·steps].
template <typename T>
void slice(ConstView<T> in, llvm::ArrayRef<int64_t> starts, llvm::ArrayRef<int64_t> steps,
           View<T> out) {
  auto strides = rowMajorStrides(in.shape);
  int64_t start = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    start += starts[d] * strides[d];
    strides[d] *= steps[d];
  }
  gather(in.data, strides, start, out);
}

/// Writes `in` into the box of `out` that begins at `at`.
template <typename T> void insert(ConstView<T> in, llvm::ArrayRef<int64_t> at, View<T> out) {
  auto strides = rowMajorStrides(out.shape);
  int64_t start = 0;
  for (size_t d = 0; d < strides.size(); ++d)
    start += at[d] * strides[d];
  const T *next = in.data;
  forEachOffset(in.shape, strides, start, [&](int64_t offset) { out.data[offset] = *next++; });
}

/// `low[d]` elements of `value` before dimension d; those after it follow from
/// out's shape.
template <typename T> void pad(ConstView<T> in, llvm::ArrayRef<int64_t> low, T value, View<T> out) {
  std::fill_n(out.data, out.size(), value);
  insert(in, low, out);
}

/// The operands one after another along `axis`.
template <typename T>
void concat(llvm::ArrayRef<ConstView<T>> operands, int64_t axis, View<T> out) {
  llvm::SmallVector<int64_t, 6> at(out.shape.size(), 0);
  for (const ConstView<T> &operand : operands) {
    insert(operand, at, out);
    at[axis] += operand.dim(axis);
  }
}

/// NHWC, out[h] from in[floor(h·H_in / H_out)]: asymmetric coordinates, floor.
template <typename T> void resizeNearest(ConstView<T> in, View<T> out) {
  int64_t channels = in.channels();
  T *next = out.data;
  for (int64_t n = 0; n < out.dim(0); ++n)
    for (int64_t h = 0; h < out.dim(1); ++h)
      for (int64_t w = 0; w < out.dim(2); ++w) {
        int64_t row = n * in.dim(1) + h * in.dim(1) / out.dim(1);
        int64_t pixel = row * in.dim(2) + w * in.dim(2) / out.dim(2);
        next = std::copy_n(in.data + pixel * channels, channels, next);
      }
}

/// Strides with which an operand of `shape` is read to fill `out`: dimensions
/// of extent one, and missing leading ones, stand still.
inline llvm::SmallVector<int64_t, 6> broadcastStrides(Shape shape, Shape out) {
  auto own = rowMajorStrides(shape);
  llvm::SmallVector<int64_t, 6> strides(out.size(), 0);
  size_t missing = out.size() - shape.size();
  for (size_t d = 0; d < shape.size(); ++d)
    strides[missing + d] = shape[d] == 1 ? 0 : own[d];
  return strides;
}

/// The operand, repeated to the shape `out`, as a packed array.
template <typename T> llvm::SmallVector<T, 0> broadcast(ConstView<T> in, Shape out) {
  llvm::SmallVector<T, 0> result;
  result.reserve(elementCount(out));
  forEachOffset(out, broadcastStrides(in.shape, out), 0,
                [&](int64_t offset) { result.push_back(in.data[offset]); });
  return result;
}

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_ELEMENTMOVERS_H

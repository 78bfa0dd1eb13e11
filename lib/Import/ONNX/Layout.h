// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Permutations, and the two layouts of a rank-4 activation: plain (NCHW, the model's order) and
// channels last (NHWC, what the dialect computes on).
#ifndef QOPT_LIB_IMPORT_ONNX_LAYOUT_H
#define QOPT_LIB_IMPORT_ONNX_LAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace qopt::onnx {

using Shape = llvm::SmallVector<int64_t, 4>;
using ShapeRef = llvm::ArrayRef<int64_t>;

/// permuted[i] = values[permutation[i]]
template <typename T>
llvm::SmallVector<T, 4> permute(llvm::ArrayRef<T> values, ShapeRef permutation) {
  llvm::SmallVector<T, 4> permuted;
  for (int64_t from : permutation)
    permuted.push_back(values[from]);
  return permuted;
}
inline Shape permute(ShapeRef values, ShapeRef permutation) {
  return permute<int64_t>(values, permutation);
}

constexpr int64_t kToChannelsLast[] = {0, 2, 3, 1}; ///< nhwc[i] = nchw[kToChannelsLast[i]]
constexpr int64_t kToPlain[] = {0, 3, 1, 2};        ///< nchw[i] = nhwc[kToPlain[i]]

/// The dimension of a channels-last tensor that the model calls `axis`.
inline int64_t channelsLastAxis(int64_t axis) { return kToPlain[axis]; }

/// 0, 1, ..., count - 1
inline Shape countUp(int64_t count) {
  Shape numbers;
  for (int64_t i = 0; i < count; ++i)
    numbers.push_back(i);
  return numbers;
}

inline bool isIdentity(ShapeRef permutation) {
  for (size_t i = 0; i < permutation.size(); ++i)
    if (permutation[i] != static_cast<int64_t>(i))
      return false;
  return true;
}

/// Whether both layouts of an NCHW shape are the same bytes: one channel or one pixel.
inline bool isLayoutFree(ShapeRef nchw) { return nchw[1] == 1 || nchw[2] * nchw[3] == 1; }

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_LAYOUT_H

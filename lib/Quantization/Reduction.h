// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk of a reduction over some axes of a tensor, for codes and floats.

#ifndef QOPT_LIB_QUANTIZATION_REDUCTION_H
#define QOPT_LIB_QUANTIZATION_REDUCTION_H

#include "qopt/Quantization/ElementMovers.h"

#include "llvm/ADT/STLExtras.h"

namespace qopt::numerics::detail {

/// out[i] = finish(Σ term(x)) over the elements of `x` that the reduction over
/// `axes` brings together, in row-major order.
template <typename Sum, typename T, typename Term, typename Finish>
void reduce(ConstView<T> x, llvm::ArrayRef<int64_t> axes, Term term, Finish finish, View<T> out) {
  llvm::SmallVector<int64_t, 6> keptShape, keptStrides, reducedShape, reducedStrides;
  auto strides = rowMajorStrides(x.shape);
  for (int64_t d = 0; d < static_cast<int64_t>(strides.size()); ++d) {
    bool reduced = llvm::is_contained(axes, d);
    (reduced ? reducedShape : keptShape).push_back(x.shape[d]);
    (reduced ? reducedStrides : keptStrides).push_back(strides[d]);
  }
  T *next = out.data;
  forEachOffset(keptShape, keptStrides, 0, [&](int64_t start) {
    Sum sum = 0;
    forEachOffset(reducedShape, reducedStrides, start,
                  [&](int64_t offset) { sum += term(x.data[offset]); });
    *next++ = finish(sum);
  });
}

} // namespace qopt::numerics::detail

#endif // QOPT_LIB_QUANTIZATION_REDUCTION_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain loops in single precision: the float engine without a library. Sums run
// in one fixed order, so a result never depends on threads.
//
// Layouts as in ReferenceKernels.h. A clamp bound is one or one per channel; an
// empty array means none.

#ifndef QOPT_QUANTIZATION_FLOATKERNELS_H
#define QOPT_QUANTIZATION_FLOATKERNELS_H

#include "qopt/Quantization/TensorView.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace qopt::numerics {

void convFloat(ConstView<float> x, ConstView<float> w, llvm::ArrayRef<float> bias,
               const Window &window, int64_t groups, View<float> out);
void depthwiseFloat(ConstView<float> x, ConstView<float> w, llvm::ArrayRef<float> bias,
                    const Window &window, View<float> out);
void matmulFloat(ConstView<float> x, ConstView<float> w, llvm::ArrayRef<float> bias,
                 View<float> out);

/// Sums in double. Where no tap counts the result is 0.
void averagePoolFloat(ConstView<float> x, const Window &window, bool countPadding, View<float> out);
void maxPoolFloat(ConstView<float> x, const Window &window, View<float> out);
void meanFloat(ConstView<float> x, llvm::ArrayRef<int64_t> axes, View<float> out);

/// Over the innermost dimension, in double, the maximum subtracted first.
void softmaxFloat(ConstView<float> x, View<float> out);

/// NaN passes through.
void clampFloat(ConstView<float> x, llvm::ArrayRef<float> lo, llvm::ArrayRef<float> hi,
                View<float> out);

/// out = f(x), in double.
void mapFloat(ConstView<float> x, llvm::function_ref<double(double)> function, View<float> out);

/// out = f(a, b); operands broadcast to the shape of `out`.
void zipFloat(ConstView<float> a, ConstView<float> b,
              llvm::function_ref<float(float, float)> function, View<float> out);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_FLOATKERNELS_H

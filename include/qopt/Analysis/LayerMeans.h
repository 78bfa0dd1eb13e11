// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Means of the float network, as attributes of its layers (discardable, DenseF32ArrayAttr, one
// element per output channel). Written by qopt-record-means, carried by the conversion to the
// quantized level, read and removed by qopt-correct-bias.
#ifndef QOPT_ANALYSIS_LAYERMEANS_H
#define QOPT_ANALYSIS_LAYERMEANS_H

#include "llvm/ADT/StringRef.h"

namespace qopt {

/// Before the clamp; of a convolution with a residual: the mean of the sum.
constexpr llvm::StringLiteral kMeanBeforeAttr = "qopt.mean_before";
/// After the clamp.
constexpr llvm::StringLiteral kMeanAfterAttr = "qopt.mean_after";
/// Of a convolution with a residual: without it.
constexpr llvm::StringLiteral kMeanAccumulatorAttr = "qopt.mean_accumulator";

} // namespace qopt

#endif // QOPT_ANALYSIS_LAYERMEANS_H

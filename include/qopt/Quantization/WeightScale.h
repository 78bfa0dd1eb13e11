// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The scale of symmetric weights that gives the least squared rounding error.

#ifndef QOPT_QUANTIZATION_WEIGHTSCALE_H
#define QOPT_QUANTIZATION_WEIGHTSCALE_H

#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/ArrayRef.h"

namespace qopt::numerics {

/// Sum of (w - s·clamp(rne(w/s)))² over the weights.
double weightError(llvm::ArrayRef<float> weights, const Grid &grid);

/// Seeks the scale with the least `weightError`, from that of `widest`, which
/// clips nothing, down to half of it; never a worse one than `widest` has.
/// Deterministic: 65 scales are tried, then codes and scale of the best are
/// chosen for each other in turn until neither changes.
float searchWeightScale(llvm::ArrayRef<float> weights, const Grid &widest);

/// The same among powers of two: that of `widest` is one, and is halved for as
/// long as `weightError` falls.
float searchPowerOfTwoScale(llvm::ArrayRef<float> weights, const Grid &widest);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_WEIGHTSCALE_H

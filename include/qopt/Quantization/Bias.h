// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantized biases: the accumulator's scale and the rule that keeps a bias from
// overflowing it.

#ifndef QOPT_QUANTIZATION_BIAS_H
#define QOPT_QUANTIZATION_BIAS_H

#include "llvm/Support/Error.h"

#include <cstdint>

namespace qopt::numerics {

/// Largest |q_b| of a 32-bit bias: half the accumulator's range stays free for
/// the products.
inline constexpr int64_t kBiasLimit32 = int64_t{1} << 30;

/// Largest |q_b| under --bias-bits=16.
inline constexpr int64_t kBiasLimit16 = (int64_t{1} << 15) - 1;

/// rne(bias / (s_x·s_w)) in double. An error where it exceeds `limit` or the
/// bias is not finite.
llvm::Expected<int32_t> quantizeBias(float bias, float scaleX, float scaleW,
                                     int64_t limit = kBiasLimit32);

/// The least float not below `scaleW` on which the bias fits `limit`. Weights
/// are quantized on the returned scale from their real values (never from
/// codes), then the bias. An error where the bias is not finite or no float
/// scale is large enough.
llvm::Expected<float> raiseWeightScale(float bias, float scaleX, float scaleW,
                                       int64_t limit = kBiasLimit32);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_BIAS_H

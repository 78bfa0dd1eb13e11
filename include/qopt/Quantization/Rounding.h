// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The few ways of rounding that the numeric contract names. Every formula of
// the project rounds through one of these functions.

#ifndef QOPT_QUANTIZATION_ROUNDING_H
#define QOPT_QUANTIZATION_ROUNDING_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace qopt::numerics {

/// Nearest integer, ties to even ("rne"). Relies on the default rounding mode,
/// a precondition of the contract.
inline double roundToNearestEven(double value) { return std::nearbyint(value); }

/// rne, saturated to int32. `value` must not be NaN; infinities saturate.
///
/// Adding 1.5·2^52 leaves a double no fraction bits, so the addition itself
/// rounds to nearest even: exact for |value| <= 2^51, and the clamp before it
/// guarantees far less.
inline int32_t roundToInt32Saturating(double value) {
  constexpr double kShifter = 0x1.8p52;
  constexpr double kMin = std::numeric_limits<int32_t>::min();
  constexpr double kMax = std::numeric_limits<int32_t>::max();
  double clamped = std::min(std::max(value, kMin), kMax);
  double shifted = clamped + kShifter;
  return static_cast<int32_t>(shifted - kShifter);
}

/// value / 2^n, ties toward plus infinity. 1 <= n <= 62; the caller shows that
/// value + 2^(n-1) fits 64 bits.
constexpr int64_t shiftRightTiesUp(int64_t value, int32_t n) {
  return (value + (int64_t{1} << (n - 1))) >> n;
}

/// value / 2^n, ties away from zero. 0 <= n <= 31, |value| <= 2^31.
constexpr int64_t shiftRightTiesAway(int64_t value, int32_t n) {
  int64_t half = n == 0 ? 0 : int64_t{1} << (n - 1);
  return value >= 0 ? (value + half) >> n : -((-value + half) >> n);
}

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_ROUNDING_H

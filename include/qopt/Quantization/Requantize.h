// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From accumulator to code: preparation of the multiplier of every contract and
// the scalar function that applies it. docs/NumericContract.md gives widths,
// ties and the reasons why nothing overflows.

#ifndef QOPT_QUANTIZATION_REQUANTIZE_H
#define QOPT_QUANTIZATION_REQUANTIZE_H

#include "qopt/Quantization/Contract.h"
#include "qopt/Quantization/Rounding.h"

#include "llvm/Support/Error.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <variant>

namespace qopt::numerics {

//===----------------------------------------------------------------------===//
// The real multiplier
//===----------------------------------------------------------------------===//

/// A real multiplier as both families of contracts compute it. `single` follows
/// the fp32 order of operations, each rounded to single precision; `real` is
/// the same quotient in double.
struct RealMultiplier {
  float single;
  double real;
};

/// s_x·s_w / s_y: conv, depthwise, matmul, mul.
RealMultiplier productMultiplier(float scaleX, float scaleW, float scaleY);

/// s_x / s_y: requantize, and each operand of an add under fp32.
RealMultiplier ratioMultiplier(float scaleX, float scaleY);

/// s_x / (s_y·count): average pool and mean over `count` elements (>= 1).
RealMultiplier averageMultiplier(float scaleX, float scaleY, int64_t count);

//===----------------------------------------------------------------------===//
// Prepared multipliers: what code generation bakes into constants
//===----------------------------------------------------------------------===//

struct Fp32Multiplier {
  float value;
};

/// M = m0·2^-shift, m0 in [2^30, 2^31) or 0, 2 <= shift <= 62.
struct FixedMultiplier {
  int32_t m0;
  int32_t shift;
};

/// M = m0·2^(shift-31), m0 in [2^30, 2^31) or 0, -31 <= shift <= 30.
struct FixedDoubleMultiplier {
  int32_t m0;
  int32_t shift;
};

/// M = 2^-shift, 1 <= shift <= 31.
struct PowerOfTwoMultiplier {
  int32_t shift;
};

using Multiplier =
    std::variant<Fp32Multiplier, FixedMultiplier, FixedDoubleMultiplier, PowerOfTwoMultiplier>;

/// Refuses a multiplier that is not finite.
llvm::Expected<Fp32Multiplier> prepareFp32(const RealMultiplier &multiplier);

/// Refuses M >= 2^29 and everything that is not a positive number; an M too
/// small for shift 62 becomes 0.
llvm::Expected<FixedMultiplier> prepareFixed(double multiplier);

/// Refuses a left shift that could overflow an accumulator of magnitude
/// `maxAbsAccumulator`; an M too small for shift -31 becomes 0.
llvm::Expected<FixedDoubleMultiplier> prepareFixedDouble(double multiplier,
                                                         int64_t maxAbsAccumulator);

/// The multiplier under `contract`. Under power-of-two an M that is not 2^-n
/// with 1 <= n <= 31 is prepared as for fixed (the two agree where both apply).
llvm::Expected<Multiplier>
prepareMultiplier(Contract contract, const RealMultiplier &multiplier,
                  int64_t maxAbsAccumulator = std::numeric_limits<int32_t>::max());

/// The real number that a prepared multiplier stands for (reports, tests).
double realValue(const Multiplier &multiplier);

//===----------------------------------------------------------------------===//
// Application
//===----------------------------------------------------------------------===//

/// rne(f32(f32(acc)·M)), saturated to int32; no fused multiply-add.
inline int64_t requantize(int32_t acc, Fp32Multiplier m) {
  float product = static_cast<float>(acc) * m.value;
  return roundToInt32Saturating(product);
}

/// (acc·m0 + 2^(n-1)) >> n in 64 bit: |acc·m0| < 2^62 and 2^(n-1) <= 2^61.
constexpr int64_t requantize(int32_t acc, FixedMultiplier m) {
  return shiftRightTiesUp(int64_t{acc} * m.m0, m.shift);
}

/// The doubling high multiply (ties up), then a rounding shift (ties away).
/// |2·x·m0| <= 2^32·(2^31 - 1) leaves room for the 2^31 of the rounding.
constexpr int64_t requantize(int32_t acc, FixedDoubleMultiplier m) {
  int64_t x = int64_t{acc} * (int64_t{1} << std::max(m.shift, 0));
  int64_t high = (2 * x * m.m0 + (int64_t{1} << 31)) >> 32;
  return shiftRightTiesAway(high, std::max(-m.shift, 0));
}

/// (acc + 2^(n-1)) >> n in 64 bit.
constexpr int64_t requantize(int32_t acc, PowerOfTwoMultiplier m) {
  return shiftRightTiesUp(acc, m.shift);
}

inline int64_t requantize(int32_t acc, const Multiplier &multiplier) {
  return std::visit([acc](const auto &m) { return requantize(acc, m); }, multiplier);
}

/// clamp(requantize(acc) + z, lo, hi): one output code.
inline int32_t requantizeToCode(int32_t acc, const Multiplier &multiplier, int32_t zeroPoint,
                                int32_t lo, int32_t hi) {
  int64_t code = requantize(acc, multiplier) + zeroPoint;
  return static_cast<int32_t>(std::clamp<int64_t>(code, lo, hi));
}

/// rne(f32(f32(f32(acc)·m) + f32(f32(residual)·r))), saturated to int32: a conv
/// with a residual operand, fp32 only. `residual` is r - z_r.
inline int64_t requantizeWithResidual(int32_t acc, float m, int32_t residual, float r) {
  float product = static_cast<float>(acc) * m;
  float addend = static_cast<float>(residual) * r;
  float sum = product + addend; // separate statements: must not be contracted
  return roundToInt32Saturating(sum);
}

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_REQUANTIZE_H

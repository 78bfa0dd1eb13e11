// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Independent, slow arithmetic to hold the numeric contract against: 128-bit
// integers, long double, and division instead of shifts.

#ifndef QOPT_TEST_UNIT_QUANTIZATION_EXACT_H
#define QOPT_TEST_UNIT_QUANTIZATION_EXACT_H

#include "llvm/Support/Error.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>

namespace qopt::exact {

using Wide = __int128;

inline Wide power2(int n) { return Wide{1} << n; }

/// Floor of a / b, b > 0.
inline Wide floorDivide(Wide a, Wide b) {
  Wide quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

/// a / b rounded to nearest, ties toward plus infinity.
inline Wide roundTiesUp(Wide a, Wide b) { return floorDivide(2 * a + b, 2 * b); }

/// a / b rounded to nearest, ties away from zero.
inline Wide roundTiesAway(Wide a, Wide b) {
  return a >= 0 ? floorDivide(2 * a + b, 2 * b) : -floorDivide(-2 * a + b, 2 * b);
}

/// Nearest integer, ties to even, without the floating-point environment.
inline long double roundTiesEven(long double value) {
  long double floor = std::floor(value);
  long double fraction = value - floor;
  if (fraction != 0.5L)
    return fraction < 0.5L ? floor : floor + 1;
  return std::fmod(floor, 2.0L) == 0 ? floor : floor + 1;
}

/// The message of a refusal, empty on success.
template <typename T> std::string refusal(llvm::Expected<T> expected) {
  return expected ? std::string() : llvm::toString(expected.takeError());
}

/// A reproducible stream of 32-bit integers that favours the extremes.
class Numbers {
public:
  explicit Numbers(uint32_t seed) : engine(seed) {}
  int32_t any() {
    switch (engine() % 8) {
    case 0:
      return INT32_MIN + static_cast<int32_t>(engine() % 3);
    case 1:
      return INT32_MAX - static_cast<int32_t>(engine() % 3);
    case 2:
      return static_cast<int32_t>(engine() % 5) - 2;
    default:
      return static_cast<int32_t>(engine()) >> (engine() % 32);
    }
  }
  int32_t between(int32_t lo, int32_t hi) {
    return std::uniform_int_distribution<int32_t>(lo, hi)(engine);
  }
  float real(float lo, float hi) { return std::uniform_real_distribution<float>(lo, hi)(engine); }
  /// Log-uniform: a scale.
  float scale(int loExponent, int hiExponent) {
    return std::ldexp(real(1.0f, 2.0f), between(loExponent, hiExponent));
  }

private:
  std::mt19937 engine;
};

} // namespace qopt::exact

#endif // QOPT_TEST_UNIT_QUANTIZATION_EXACT_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Preparation of requantization multipliers, contract by contract.

#include "qopt/Quantization/Requantize.h"

namespace qopt::numerics {

// One statement per rounding: an expression must not be contracted or kept in
// wider registers.

RealMultiplier productMultiplier(float scaleX, float scaleW, float scaleY) {
  float product = scaleX * scaleW;
  float single = product / scaleY;
  return {single, double(scaleX) * double(scaleW) / double(scaleY)};
}

RealMultiplier ratioMultiplier(float scaleX, float scaleY) {
  float single = scaleX / scaleY;
  return {single, double(scaleX) / double(scaleY)};
}

RealMultiplier averageMultiplier(float scaleX, float scaleY, int64_t count) {
  float divisor = scaleY * static_cast<float>(count);
  float single = scaleX / divisor;
  return {single, double(scaleX) / (double(scaleY) * double(count))};
}

static llvm::Error refuse(const char *why, double multiplier) {
  return llvm::createStringError(std::errc::invalid_argument, "requantization multiplier %g %s",
                                 multiplier, why);
}

/// A multiplier as m0·2^(exponent - 31) with m0 in [2^30, 2^31): the significand
/// rounds half away from zero, and may carry into the exponent.
struct Decomposed {
  int32_t m0;
  int exponent;
};

static Decomposed decompose(double multiplier) {
  int exponent = 0;
  double fraction = std::frexp(multiplier, &exponent);
  int64_t m0 = std::llround(std::ldexp(fraction, 31));
  if (m0 == int64_t{1} << 31)
    return {1 << 30, exponent + 1};
  return {static_cast<int32_t>(m0), exponent};
}

static llvm::Error checkPositive(double multiplier) {
  if (multiplier > 0.0 && std::isfinite(multiplier))
    return llvm::Error::success();
  return refuse("is not a positive finite number", multiplier);
}

llvm::Expected<Fp32Multiplier> prepareFp32(const RealMultiplier &multiplier) {
  if (!std::isfinite(multiplier.single))
    return refuse("overflows single precision: enlarge the output's range", multiplier.real);
  return Fp32Multiplier{multiplier.single};
}

llvm::Expected<FixedMultiplier> prepareFixed(double multiplier) {
  if (auto error = checkPositive(multiplier))
    return std::move(error);
  Decomposed m = decompose(multiplier);
  int shift = 31 - m.exponent;
  if (shift < 2)
    return refuse("is 2^29 or more, which the fixed contract excludes: enlarge the output's "
                  "range or use fp32",
                  multiplier);
  if (shift > 62)
    return FixedMultiplier{0, 62};
  return FixedMultiplier{m.m0, shift};
}

llvm::Expected<FixedDoubleMultiplier> prepareFixedDouble(double multiplier,
                                                         int64_t maxAbsAccumulator) {
  if (auto error = checkPositive(multiplier))
    return std::move(error);
  Decomposed m = decompose(multiplier);
  if (m.exponent < -31)
    return FixedDoubleMultiplier{0, 0};
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  bool overflows = m.exponent > 0 && (m.exponent > 30 || maxAbsAccumulator > (kMax >> m.exponent));
  if (overflows)
    return refuse("needs a left shift that can overflow the accumulator under fixed-double: "
                  "enlarge the output's range or use fixed",
                  multiplier);
  return FixedDoubleMultiplier{m.m0, m.exponent};
}

/// 2^-n with 1 <= n <= 31, the multipliers that need nothing but a shift.
static std::optional<PowerOfTwoMultiplier> preparePowerOfTwo(double multiplier) {
  int exponent = 0;
  if (std::frexp(multiplier, &exponent) != 0.5)
    return std::nullopt;
  int shift = 1 - exponent;
  if (shift < 1 || shift > 31)
    return std::nullopt;
  return PowerOfTwoMultiplier{shift};
}

/// Moves a prepared multiplier or its error into the variant.
template <typename T> static llvm::Expected<Multiplier> widen(llvm::Expected<T> prepared) {
  if (!prepared)
    return prepared.takeError();
  return Multiplier(*prepared);
}

llvm::Expected<Multiplier> prepareMultiplier(Contract contract, const RealMultiplier &multiplier,
                                             int64_t maxAbsAccumulator) {
  switch (contract) {
  case Contract::Fp32:
    return widen(prepareFp32(multiplier));
  case Contract::FixedDouble:
    return widen(prepareFixedDouble(multiplier.real, maxAbsAccumulator));
  case Contract::PowerOfTwo:
    if (auto shift = preparePowerOfTwo(multiplier.real))
      return Multiplier(*shift);
    break;
  case Contract::Fixed:
    break;
  }
  return widen(prepareFixed(multiplier.real));
}

namespace {
struct RealValue {
  double operator()(Fp32Multiplier m) const { return m.value; }
  double operator()(FixedMultiplier m) const { return std::ldexp(m.m0, -m.shift); }
  double operator()(FixedDoubleMultiplier m) const { return std::ldexp(m.m0, m.shift - 31); }
  double operator()(PowerOfTwoMultiplier m) const { return std::ldexp(1.0, -m.shift); }
};
} // namespace

double realValue(const Multiplier &multiplier) { return std::visit(RealValue{}, multiplier); }

} // namespace qopt::numerics

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Requantize.h"

#include "Exact.h"
#include "gtest/gtest.h"

using namespace qopt::numerics;
using namespace qopt::exact;

//===----------------------------------------------------------------------===//
// fp32
//===----------------------------------------------------------------------===//

TEST(Fp32, OrderOfOperations) {
  // f32(f32(sx·sw)/sy), not the double quotient rounded: they differ often.
  Numbers numbers(1);
  int differs = 0;
  for (int i = 0; i < 10000; ++i) {
    float sx = numbers.scale(-12, 2), sw = numbers.scale(-12, 2), sy = numbers.scale(-12, 2);
    volatile float product = sx * sw;
    volatile float quotient = product / sy;
    RealMultiplier m = productMultiplier(sx, sw, sy);
    EXPECT_EQ(m.single, quotient);
    differs += m.single != float(m.real);
  }
  EXPECT_GT(differs, 1500);
}

TEST(Fp32, AccumulatorRoundsToSingleFirst) {
  // 2^24 + 1 is a tie between floats and goes to even: 2^24.
  EXPECT_EQ(requantize((1 << 24) + 1, Fp32Multiplier{1.0f}), 1 << 24);
  EXPECT_EQ(requantize((1 << 24) + 3, Fp32Multiplier{1.0f}), (1 << 24) + 4);
}

TEST(Fp32, TiesToEvenOfBothSigns) {
  Fp32Multiplier half{0.5f};
  EXPECT_EQ(requantize(1, half), 0);
  EXPECT_EQ(requantize(3, half), 2);
  EXPECT_EQ(requantize(5, half), 2);
  EXPECT_EQ(requantize(-1, half), 0);
  EXPECT_EQ(requantize(-3, half), -2);
  EXPECT_EQ(requantize(-5, half), -2);
}

TEST(Fp32, OutOfRangeProductsSaturate) {
  EXPECT_EQ(requantize(INT32_MAX, Fp32Multiplier{2.0f}), INT32_MAX);
  EXPECT_EQ(requantize(INT32_MIN, Fp32Multiplier{2.0f}), INT32_MIN);
  EXPECT_EQ(requantize(INT32_MAX, Fp32Multiplier{3e38f}), INT32_MAX); // infinite product
  EXPECT_EQ(requantize(INT32_MIN, Fp32Multiplier{3e38f}), INT32_MIN);
  // Adding the zero point to a saturated value must not wrap.
  EXPECT_EQ(requantizeToCode(INT32_MAX, Fp32Multiplier{2.0f}, 127, -128, 127), 127);
  EXPECT_EQ(requantizeToCode(INT32_MIN, Fp32Multiplier{2.0f}, -128, -128, 127), -128);
}

TEST(Fp32, AgainstLongDouble) {
  Numbers numbers(2);
  for (int i = 0; i < 200000; ++i) {
    int32_t acc = numbers.any();
    float m = numbers.scale(-40, 3);
    // A product of two floats is exact in 64 bits of significand.
    float product = float((long double)float(acc) * m);
    long double rounded = roundTiesEven(product);
    rounded = std::min(2147483647.0L, std::max(-2147483648.0L, rounded));
    EXPECT_EQ(requantize(acc, Fp32Multiplier{m}), int64_t(rounded));
  }
}

TEST(Fp32, TinyMultipliersAreDenormalOrZero) {
  RealMultiplier m = productMultiplier(1e-30f, 1e-30f, 1.0f);
  EXPECT_EQ(m.single, 0.0f);
  EXPECT_EQ(requantize(INT32_MAX, llvm::cantFail(prepareFp32(m))), 0);
}

TEST(Fp32, OverflowingMultiplierIsRefused) {
  EXPECT_NE(refusal(prepareFp32(productMultiplier(1e30f, 1e30f, 1.0f))), "");
  EXPECT_NE(refusal(prepareFp32(ratioMultiplier(1e30f, 1e-30f))), "");
}

//===----------------------------------------------------------------------===//
// fixed
//===----------------------------------------------------------------------===//

static FixedMultiplier fixed(double m) { return llvm::cantFail(prepareFixed(m)); }

TEST(Fixed, Preparation) {
  EXPECT_EQ(fixed(1.0).m0, 1 << 30);
  EXPECT_EQ(fixed(1.0).shift, 30);
  EXPECT_EQ(fixed(0.75).m0, 3 << 29);
  EXPECT_EQ(fixed(0.75).shift, 31);
  // The significand carries: just below 1 rounds to 2^31, is halved, n drops.
  FixedMultiplier carried = fixed(1.0 - 0x1p-40);
  EXPECT_EQ(carried.m0, 1 << 30);
  EXPECT_EQ(carried.shift, 30);
  // A significand half-way between integers rounds away from zero.
  EXPECT_EQ(fixed(std::ldexp((1 << 30) + 0.5, -31)).m0, (1 << 30) + 1);
}

TEST(Fixed, RangeOfShifts) {
  EXPECT_EQ(fixed(std::nextafter(0x1p28, 0.0)).shift, 2); // carries to 2^28
  EXPECT_EQ(fixed(0x1p28).shift, 2);
  EXPECT_NE(refusal(prepareFixed(0x1p29)), "");
  EXPECT_NE(refusal(prepareFixed(std::nextafter(0x1p29, 0.0))), ""); // carries to 2^29
  EXPECT_EQ(fixed(0x1p-32).shift, 62);
  EXPECT_EQ(fixed(0x1p-32).m0, 1 << 30);
  EXPECT_EQ(fixed(0x1p-33).m0, 0); // n would be 63
  EXPECT_EQ(requantize(INT32_MIN, fixed(0x1p-33)), 0);
  EXPECT_NE(refusal(prepareFixed(0.0)), "");
  EXPECT_NE(refusal(prepareFixed(-1.0)), "");
  EXPECT_NE(refusal(prepareFixed(std::nan(""))), "");
  EXPECT_NE(refusal(prepareFixed(HUGE_VAL)), "");
}

TEST(Fixed, TiesGoUp) {
  FixedMultiplier half = fixed(0.5);
  EXPECT_EQ(requantize(1, half), 1);
  EXPECT_EQ(requantize(3, half), 2);
  EXPECT_EQ(requantize(-1, half), 0);
  EXPECT_EQ(requantize(-3, half), -1);
}

TEST(Fixed, AgainstWideIntegers) {
  // Shifts on both sides of 32, where kernels take different paths.
  Numbers numbers(3);
  for (int i = 0; i < 200000; ++i) {
    FixedMultiplier m{numbers.between(1 << 30, INT32_MAX), numbers.between(2, 62)};
    int32_t acc = numbers.any();
    EXPECT_EQ(Wide(requantize(acc, m)), roundTiesUp(Wide{acc} * m.m0, power2(m.shift)));
  }
}

TEST(Fixed, ExtremesDoNotOverflow) {
  for (int32_t acc : {INT32_MIN, INT32_MAX})
    for (int32_t shift : {2, 31, 32, 33, 62}) {
      FixedMultiplier m{INT32_MAX, shift};
      EXPECT_EQ(Wide(requantize(acc, m)), roundTiesUp(Wide{acc} * m.m0, power2(shift)));
    }
}

TEST(Fixed, MultiplierIsWithinHalfAnUlp) {
  Numbers numbers(4);
  for (int i = 0; i < 20000; ++i) {
    double m = double(numbers.scale(-31, 27)) * (1.0 + numbers.real(0, 1) * 1e-9);
    double error = std::abs(realValue(fixed(m)) - m);
    EXPECT_LE(error, m * 0x1p-31);
  }
}

//===----------------------------------------------------------------------===//
// fixed-double
//===----------------------------------------------------------------------===//

static FixedDoubleMultiplier fixedDouble(double m, int64_t bound = 1) {
  return llvm::cantFail(prepareFixedDouble(m, bound));
}

/// The doubling high multiply with a nudge by sign and a truncating division,
/// then a masked rounding shift: the published formulation, in wide integers.
static Wide doublingReference(int32_t acc, FixedDoubleMultiplier m) {
  Wide product = Wide{acc} * power2(std::max(m.shift, 0)) * m.m0;
  Wide nudge = product >= 0 ? power2(30) : 1 - power2(30);
  Wide high = (product + nudge) / power2(31);
  return roundTiesAway(high, power2(std::max(-m.shift, 0)));
}

TEST(FixedDouble, Preparation) {
  EXPECT_EQ(fixedDouble(0.5).m0, 1 << 30);
  EXPECT_EQ(fixedDouble(0.5).shift, 0);
  EXPECT_EQ(fixedDouble(1.0).shift, 1);
  EXPECT_EQ(fixedDouble(1.0 - 0x1p-40).m0, 1 << 30); // carried
  EXPECT_EQ(fixedDouble(1.0 - 0x1p-40).shift, 1);
  EXPECT_EQ(fixedDouble(0x1p-32).shift, -31);
  EXPECT_EQ(fixedDouble(0x1p-33).m0, 0);
}

TEST(FixedDouble, LeftShiftNeedsAProof) {
  EXPECT_EQ(refusal(prepareFixedDouble(0.9, INT32_MAX)), ""); // shift 0
  EXPECT_NE(refusal(prepareFixedDouble(1.0, 1 << 30)), "");
  EXPECT_EQ(refusal(prepareFixedDouble(1.0, (1 << 30) - 1)), "");
  EXPECT_EQ(refusal(prepareFixedDouble(0x1p29, 1)), "");
  EXPECT_NE(refusal(prepareFixedDouble(0x1p30, 1)), "");
}

TEST(FixedDouble, AgainstTheSignedNudge) {
  Numbers numbers(5);
  for (int i = 0; i < 200000; ++i) {
    FixedDoubleMultiplier m{numbers.between(1 << 30, INT32_MAX), numbers.between(-31, 0)};
    int32_t acc = numbers.any();
    EXPECT_EQ(Wide(requantize(acc, m)), doublingReference(acc, m));
  }
  for (int i = 0; i < 50000; ++i) {
    FixedDoubleMultiplier m{numbers.between(1 << 30, INT32_MAX), numbers.between(1, 30)};
    int32_t bound = INT32_MAX >> m.shift;
    int32_t acc = numbers.between(-bound, bound);
    EXPECT_EQ(Wide(requantize(acc, m)), doublingReference(acc, m));
  }
}

TEST(FixedDouble, TwoKindsOfTies) {
  // High multiply: ±1·(1/2) at shift 0 ties up.
  EXPECT_EQ(requantize(1, FixedDoubleMultiplier{1 << 30, 0}), 1);
  EXPECT_EQ(requantize(-1, FixedDoubleMultiplier{1 << 30, 0}), 0);
  // Right shift: ±6/4 ties away. The high product of ±12 with 1/2 is exact.
  EXPECT_EQ(requantize(12, FixedDoubleMultiplier{1 << 30, -2}), 2);
  EXPECT_EQ(requantize(-12, FixedDoubleMultiplier{1 << 30, -2}), -2);
}

//===----------------------------------------------------------------------===//
// power-of-two
//===----------------------------------------------------------------------===//

TEST(PowerOfTwo, SameBytesAsFixed) {
  // (acc·2^30 + 2^(29+n)) >> (30+n) = (acc + 2^(n-1)) >> n.
  Numbers numbers(6);
  for (int32_t n = 1; n <= 31; ++n) {
    double m = std::ldexp(1.0, -n);
    Multiplier shift = llvm::cantFail(prepareMultiplier(Contract::PowerOfTwo, {float(m), m}));
    ASSERT_TRUE(std::holds_alternative<PowerOfTwoMultiplier>(shift));
    for (int i = 0; i < 2000; ++i) {
      int32_t acc = numbers.any();
      EXPECT_EQ(requantize(acc, shift), requantize(acc, fixed(m)));
    }
  }
  EXPECT_EQ(requantize(INT32_MAX, PowerOfTwoMultiplier{31}), 1);
  EXPECT_EQ(requantize(INT32_MIN, PowerOfTwoMultiplier{31}), -1);
}

TEST(PowerOfTwo, OtherMultipliersUseFixed) {
  for (double m : {1.0, 2.0, 0.75, 0x1p-32}) {
    Multiplier prepared = llvm::cantFail(prepareMultiplier(Contract::PowerOfTwo, {float(m), m}));
    EXPECT_TRUE(std::holds_alternative<FixedMultiplier>(prepared)) << m;
  }
}

//===----------------------------------------------------------------------===//
// Shared
//===----------------------------------------------------------------------===//

TEST(PrepareMultiplier, EveryContractApproximatesM) {
  Numbers numbers(7);
  for (Contract contract : allContracts())
    for (int i = 0; i < 2000; ++i) {
      RealMultiplier m =
          productMultiplier(numbers.scale(-8, 0), numbers.scale(-8, 0), numbers.scale(-4, 2));
      Multiplier prepared = llvm::cantFail(prepareMultiplier(contract, m, 1 << 20));
      EXPECT_NEAR(realValue(prepared), m.real, m.real * 0x1p-22);
      int32_t acc = numbers.between(-(1 << 20), 1 << 20);
      // Two roundings to integers and the single-precision product's own error.
      EXPECT_NEAR(double(requantize(acc, prepared)), acc * m.real,
                  1.0 + std::abs(acc * m.real) * 0x1p-21);
    }
}

TEST(Average, DivisorRoundsToSingle) {
  // 3·0.1f is not a float: f32(s_y·count) rounds before the division.
  RealMultiplier m = averageMultiplier(0.1f, 0.1f, 3);
  volatile float divisor = 0.1f * 3.0f;
  EXPECT_EQ(m.single, 0.1f / divisor);
  EXPECT_DOUBLE_EQ(m.real, 1.0 / 3.0);
}

TEST(Residual, EachProductAndTheSumRound) {
  Numbers numbers(8);
  for (int i = 0; i < 100000; ++i) {
    int32_t acc = numbers.any(), residual = numbers.between(-255, 255);
    float m = numbers.scale(-30, 0), r = numbers.scale(-4, 4);
    volatile float product = float((long double)float(acc) * m);
    volatile float addend = float((long double)residual * r);
    volatile float sum = product + addend;
    long double rounded = roundTiesEven(sum);
    rounded = std::min(2147483647.0L, std::max(-2147483648.0L, rounded));
    EXPECT_EQ(requantizeWithResidual(acc, m, residual, r), int64_t(rounded));
  }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Add.h"

#include "Exact.h"
#include "gtest/gtest.h"

using namespace qopt::numerics;
using namespace qopt::exact;

static AddConstants prepare(Contract contract, Grid a, Grid b, float scaleY) {
  return llvm::cantFail(prepareAdd(contract, a, b, scaleY));
}

static const Storage kInt8{-128, 127};

TEST(AddFp32, AgainstSeparateRoundings) {
  Numbers numbers(1);
  for (int i = 0; i < 100000; ++i) {
    Fp32Add c{numbers.scale(-6, 6), numbers.scale(-6, 6)};
    int32_t da = numbers.between(-255, 255), db = numbers.between(-255, 255);
    volatile float left = float((long double)da * c.a), right = float((long double)db * c.b);
    volatile float sum = left + right, difference = left - right;
    EXPECT_EQ(addRequantized(da, db, false, c), int64_t(roundTiesEven(sum)));
    EXPECT_EQ(addRequantized(da, db, true, c), int64_t(roundTiesEven(difference)));
  }
}

TEST(AddFp32, TiesToEven) {
  auto c = prepare(Contract::Fp32, {0.5f, 0, kInt8}, {0.5f, 0, kInt8}, 1.0f);
  EXPECT_EQ(addRequantized(1, 0, false, c), 0);
  EXPECT_EQ(addRequantized(1, 2, false, c), 2);
  EXPECT_EQ(addRequantized(-1, -2, false, c), -2);
}

TEST(AddFixed, ShiftIsTheLargestThatFits) {
  Numbers numbers(2);
  for (int i = 0; i < 5000; ++i) {
    Grid a{numbers.scale(-10, 10), numbers.between(-128, 127), kInt8};
    Grid b{numbers.scale(-10, 10), numbers.between(-128, 127), kInt8};
    float sy = numbers.scale(-8, 10);
    auto prepared = prepareAdd(Contract::Fixed, a, b, sy);
    Wide limit = INT32_MAX;
    // Independent search, upward, in long double and 128 bit.
    int best = 0;
    for (int k = 1; k <= 31; ++k) {
      auto mA = Wide(roundTiesEven(std::ldexp((long double)(double(a.scale) / sy), k)));
      auto mB = Wide(roundTiesEven(std::ldexp((long double)(double(b.scale) / sy), k)));
      Wide bound = largestMagnitude(kInt8, a.zeroPoint) * mA +
                   largestMagnitude(kInt8, b.zeroPoint) * mB + power2(k - 1);
      if (bound <= limit)
        best = k;
    }
    if (best == 0) {
      EXPECT_NE(refusal(std::move(prepared)), "");
      continue;
    }
    auto constants = llvm::cantFail(std::move(prepared));
    EXPECT_EQ(std::get<FixedAdd>(constants).shift, best);
  }
}

TEST(AddFixed, EqualScales) {
  // s_a = s_b = s_y: the sum itself, D = 255 + 255; 510·2^k + 2^(k-1) <= 2^31-1.
  auto c = prepare(Contract::Fixed, {0.1f, -128, kInt8}, {0.1f, 127, kInt8}, 0.1f);
  EXPECT_EQ(std::get<FixedAdd>(c).shift, 22);
  for (int32_t da = 0; da <= 255; ++da)
    for (int32_t db = -255; db <= 0; db += 5) {
      EXPECT_EQ(addRequantized(da, db, false, c), da + db);
      EXPECT_EQ(addRequantized(da, db, true, c), da - db);
    }
}

TEST(AddFixed, TiesGoUp) {
  auto c = prepare(Contract::Fixed, {0.5f, 0, kInt8}, {0.5f, 0, kInt8}, 1.0f);
  EXPECT_EQ(addRequantized(1, 0, false, c), 1);
  EXPECT_EQ(addRequantized(-1, 0, false, c), 0);
  EXPECT_EQ(addRequantized(0, 1, true, c), 0);
}

TEST(AddFixed, SumFitsInt32AtTheExtremes) {
  Numbers numbers(3);
  for (int i = 0; i < 5000; ++i) {
    Grid a{numbers.scale(-10, 10), numbers.between(-128, 127), kInt8};
    Grid b{numbers.scale(-10, 10), numbers.between(-128, 127), kInt8};
    auto prepared = prepareAdd(Contract::Fixed, a, b, numbers.scale(0, 10));
    if (!prepared) {
      llvm::consumeError(prepared.takeError());
      continue;
    }
    auto c = std::get<FixedAdd>(*prepared);
    for (int32_t qa : {-128, 127})
      for (int32_t qb : {-128, 127})
        for (int sign : {-1, 1}) {
          Wide sum = Wide(qa - a.zeroPoint) * c.a + sign * Wide(qb - b.zeroPoint) * c.b;
          EXPECT_LE(sum + power2(c.shift - 1), Wide(INT32_MAX));
          EXPECT_GE(sum, Wide(INT32_MIN));
          EXPECT_EQ(Wide(addRequantized(qa - a.zeroPoint, qb - b.zeroPoint, sign < 0, c)),
                    roundTiesUp(sum, power2(c.shift)));
        }
  }
}

TEST(AddFixed, HugeRatioIsRefused) {
  EXPECT_NE(refusal(prepareAdd(Contract::Fixed, {1e9f, 0, kInt8}, {1.0f, 0, kInt8}, 1.0f)), "");
}

TEST(AddPowerOfTwo, UsesFixed) {
  auto c = prepare(Contract::PowerOfTwo, {0.5f, 0, kInt8}, {0.25f, 0, kInt8}, 1.0f);
  EXPECT_TRUE(std::holds_alternative<FixedAdd>(c));
}

/// The two-stage multiply in wide integers.
static Wide twoStage(Wide x, FixedDoubleMultiplier m) {
  Wide high = roundTiesUp(x * power2(std::max(m.shift, 0)) * m.m0, power2(31));
  return roundTiesAway(high, power2(std::max(-m.shift, 0)));
}

TEST(AddFixedDouble, AgainstWideIntegers) {
  Numbers numbers(4);
  for (int i = 0; i < 20000; ++i) {
    Grid a{numbers.scale(-6, 6), numbers.between(-128, 127), kInt8};
    Grid b{numbers.scale(-6, 6), numbers.between(-128, 127), kInt8};
    auto c = std::get<FixedDoubleAdd>(
        prepare(Contract::FixedDouble, a, b, std::max(a.scale, b.scale) * 1.7f));
    int32_t da = numbers.between(-128, 127) - a.zeroPoint;
    int32_t db = numbers.between(-128, 127) - b.zeroPoint;
    Wide left = twoStage(Wide{da} * power2(20), c.a), right = twoStage(Wide{db} * power2(20), c.b);
    EXPECT_EQ(Wide(addRequantized(da, db, false, c)), twoStage(left + right, c.out));
    EXPECT_EQ(Wide(addRequantized(da, db, true, c)), twoStage(left - right, c.out));
  }
}

TEST(AddFixedDouble, Refusals) {
  Storage wide{-32768, 32767}; // |q - z| << 20 would not fit
  EXPECT_NE(refusal(prepareAdd(Contract::FixedDouble, {1, 0, wide}, {1, 0, wide}, 1.0f)), "");
  // An output scale so small that the last multiplier shifts left too far.
  EXPECT_NE(refusal(prepareAdd(Contract::FixedDouble, {1, 0, kInt8}, {1, 0, kInt8}, 1e-8f)), "");
}

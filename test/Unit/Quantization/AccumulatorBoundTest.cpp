// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/AccumulatorBound.h"
#include "qopt/Quantization/Requantize.h"

#include "Exact.h"
#include "gtest/gtest.h"

#include <vector>

using namespace qopt::numerics;
using namespace qopt::exact;

TEST(AccumulatorBound, IsAttained) {
  // Against every corner of a small input space.
  Numbers numbers(1);
  for (int i = 0; i < 300; ++i) {
    std::vector<int8_t> weights;
    for (int k = 0; k < 6; ++k)
      weights.push_back(numbers.between(-128, 127));
    int32_t zw = numbers.between(-5, 5), zx = numbers.between(-128, 127);
    int32_t bias = numbers.between(-1000, 1000);
    int64_t least = INT64_MAX, greatest = INT64_MIN;
    for (int corner = 0; corner < 64; ++corner) {
      int64_t sum = bias;
      for (int k = 0; k < 6; ++k)
        sum += ((corner >> k & 1 ? 127 : -128) - zx) * (weights[k] - zw);
      least = std::min(least, sum);
      greatest = std::max(greatest, sum);
    }
    auto bound = boundChannel<int8_t>(weights, zw, {-128, 127}, zx, bias);
    EXPECT_EQ(bound.min, least);
    EXPECT_EQ(bound.max, greatest);
    EXPECT_EQ(bound.maxAbs(), std::max(-least, greatest));
  }
}

TEST(AccumulatorBound, Int32LimitInK) {
  // 255·127 = 32385 a term: K = 66311 fits, one more does not.
  std::vector<int8_t> weights(66311, 127);
  EXPECT_TRUE(boundChannel<int8_t>(weights, 0, {-128, 127}, -128, 0).fitsInt32());
  weights.push_back(127);
  EXPECT_FALSE(boundChannel<int8_t>(weights, 0, {-128, 127}, -128, 0).fitsInt32());
  // The bias counts.
  std::vector<int8_t> none;
  EXPECT_TRUE(boundChannel<int8_t>(none, 0, {-128, 127}, 0, INT32_MIN).fitsInt32());
  EXPECT_FALSE(boundChannel<int8_t>(none, 0, {-128, 127}, 0, int64_t{INT32_MIN} - 1).fitsInt32());
}

TEST(AccumulatorBound, SumAndProduct) {
  EXPECT_EQ(boundSum({-128, 127}, 10, 49).min, -138 * 49);
  EXPECT_EQ(boundSum({-128, 127}, 10, 49).max, 117 * 49);
  auto product = boundProduct({-128, 127}, 127, {-128, 127}, -128);
  EXPECT_EQ(product.min, -255 * 255);
  EXPECT_EQ(product.max, 0);
}

TEST(Int16Pairs, NarrowWeightsSuffice) {
  EXPECT_TRUE(int16PairIsExact({-128, 127}, {-127, 127}));  // 32512
  EXPECT_FALSE(int16PairIsExact({-128, 127}, {-128, 127})); // 32768
  EXPECT_FALSE(int16PairIsExact({0, 255}, {-127, 127}));
}

TEST(Fp32Proof, AgreesWithTheScalarFunction) {
  // Where the proof holds, product and zero point fit int32 without a clamp.
  EXPECT_TRUE(fp32ProductFitsInt32(INT32_MAX, 0.5f, 127));
  EXPECT_FALSE(fp32ProductFitsInt32(INT32_MAX, 1.0f, 0)); // f32(2^31-1) = 2^31
  EXPECT_TRUE(fp32ProductFitsInt32(1 << 30, 1.9999f, 127));
  EXPECT_FALSE(fp32ProductFitsInt32(1 << 30, 2.0f, 0));
  EXPECT_FALSE(fp32ProductFitsInt32(1000, 3e38f, 0)); // infinite
  EXPECT_TRUE(fp32ProductFitsInt32(0, 3e38f, 0));
  // 2^31 - 128 is a float; with |z| = 128 the sum is not below 2^31.
  float edge = 2147483520.0f;
  EXPECT_TRUE(fp32ProductFitsInt32(1, edge, 127));
  EXPECT_FALSE(fp32ProductFitsInt32(1, edge, -128));
}

TEST(Fp32Proof, WithResidual) {
  EXPECT_TRUE(fp32ResidualFitsInt32(1 << 20, 1.0f, 255, 1.0f, 127));
  EXPECT_FALSE(fp32ResidualFitsInt32(1 << 30, 1.0f, 255, 0x1p23f, 0));
}

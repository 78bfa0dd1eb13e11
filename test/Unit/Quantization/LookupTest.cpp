// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Lookup.h"

#include "Exact.h"
#include "gtest/gtest.h"

using namespace qopt::numerics;
using namespace qopt::exact;

TEST(Lookup, IdentityKeepsCodes) {
  Grid g{0.1f, 3, {-128, 127}};
  auto table = llvm::cantFail(buildLookup([](double x) { return x; }, g, g));
  for (int code = -128; code <= 127; ++code)
    EXPECT_EQ(table[code + 128], code);
}

TEST(Lookup, SigmoidAgainstLongDouble) {
  Grid in{0.05f, -7, {-128, 127}}, out{1.0f / 256, -128, {-128, 127}};
  auto table = llvm::cantFail(buildLookup(sigmoid, in, out));
  for (int code = -128; code <= 127; ++code) {
    long double x = (long double)in.scale * (code + 7);
    long double y = roundTiesEven(256.0L / (1.0L + std::exp(-x))) - 128;
    EXPECT_EQ(table[code + 128], int(std::min(127.0L, y)));
  }
}

TEST(Lookup, SaturationAndNaN) {
  Grid in{1.0f, 0, {-128, 127}}, out{1.0f, 5, {-127, 127}};
  auto exponential = llvm::cantFail(buildLookup([](double x) { return std::exp(x); }, in, out));
  EXPECT_EQ(exponential[127 + 128], 127);
  EXPECT_EQ(exponential[-128 + 128], 5);
  auto logarithm = llvm::cantFail(buildLookup([](double x) { return std::log(x); }, in, out));
  EXPECT_EQ(logarithm[-1 + 128], 5);   // NaN: the zero point
  EXPECT_EQ(logarithm[0 + 128], -127); // -Inf: the least storage value, narrow
}

TEST(Lookup, WideStorageIsRefused) {
  Grid wide{1.0f, 0, {0, 255}}, narrow{1.0f, 0, {-128, 127}};
  EXPECT_NE(refusal(buildLookup(sigmoid, wide, narrow)), "");
  EXPECT_NE(refusal(buildLookup(sigmoid, narrow, wide)), "");
}

TEST(Functions, KnownValues) {
  EXPECT_EQ(sigmoid(0), 0.5);
  EXPECT_EQ(hardSwish(3), 3.0);
  EXPECT_EQ(hardSwish(-3), 0.0);
  EXPECT_NEAR(gelu(1), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(silu(1), 0.7310585786300049, 1e-15);
  EXPECT_NEAR(softplus(0), 0.6931471805599453, 1e-15);
  EXPECT_EQ(softplus(1000), 1000.0);
}

TEST(Softmax, TableAndCodes) {
  auto table = buildSoftmaxTable(0.1f);
  EXPECT_EQ(table[0], 1u << 23);
  for (int d = 0; d < 256; ++d)
    EXPECT_EQ(table[d], uint32_t(roundTiesEven(0x1p23L * std::exp(-(long double)0.1f * d))));
  // One element of probability one: 256, which the clamp brings to 127.
  EXPECT_EQ(softmaxCode(1u << 23, 1u << 23), 256);
  // Two equal: 128 each; S/2 rounds halves up: 256/512 of an odd sum.
  EXPECT_EQ(softmaxCode(1u << 23, 1u << 24), 128);
  EXPECT_EQ(softmaxCode(1, 512), 1); // exactly one half
  EXPECT_EQ(softmaxCode(0, 1u << 23), 0);
}

TEST(Softmax, LargestSumFits) {
  // 2^40 elements of equal weight would still fit 64 bit.
  uint64_t sum = (uint64_t{1} << 23) << 40;
  EXPECT_EQ(softmaxCode(1u << 23, sum), 0);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Bias.h"

#include "Exact.h"
#include "gtest/gtest.h"

using namespace qopt::numerics;
using namespace qopt::exact;

TEST(Bias, RoundsTiesToEven) {
  EXPECT_EQ(llvm::cantFail(quantizeBias(0.5f, 1.0f, 1.0f)), 0);
  EXPECT_EQ(llvm::cantFail(quantizeBias(1.5f, 1.0f, 1.0f)), 2);
  EXPECT_EQ(llvm::cantFail(quantizeBias(-0.5f, 1.0f, 1.0f)), 0);
  EXPECT_EQ(llvm::cantFail(quantizeBias(-1.5f, 1.0f, 1.0f)), -2);
}

TEST(Bias, DivisorIsExact) {
  // The product of the scales in float would differ from that in double.
  float sx = 1.0000001f, sw = 1.0000001f, b = 1e9f;
  auto expected = int64_t(roundTiesEven((long double)b / ((long double)sx * sw)));
  EXPECT_EQ(llvm::cantFail(quantizeBias(b, sx, sw)), expected);
  EXPECT_NE(expected, std::llround(b / (sx * sw)));
}

TEST(Bias, LimitIsInclusive) {
  EXPECT_EQ(llvm::cantFail(quantizeBias(0x1p30f, 1.0f, 1.0f)), 1 << 30);
  EXPECT_NE(refusal(quantizeBias(0x1p31f, 1.0f, 1.0f)), "");
  EXPECT_EQ(llvm::cantFail(quantizeBias(32767.0f, 1.0f, 1.0f, kBiasLimit16)), 32767);
  EXPECT_NE(refusal(quantizeBias(32768.0f, 1.0f, 1.0f, kBiasLimit16)), "");
}

TEST(Bias, RaisedScaleIsTheLeastThatFits) {
  Numbers numbers(1);
  for (int64_t limit : {kBiasLimit32, kBiasLimit16})
    for (int i = 0; i < 2000; ++i) {
      float b = numbers.scale(-3, 8) * (i % 2 ? 1 : -1);
      float sx = numbers.scale(-10, 0), sw = numbers.scale(-60, -40);
      float raised = llvm::cantFail(raiseWeightScale(b, sx, sw, limit));
      EXPECT_GT(raised, sw);
      int32_t code = llvm::cantFail(quantizeBias(b, sx, raised, limit));
      EXPECT_LE(std::abs(int64_t(code)), limit);
      float below = std::nextafter(raised, 0.0f);
      EXPECT_NE(refusal(quantizeBias(b, sx, below, limit)), "");
    }
}

TEST(Bias, ScaleThatFitsIsKept) {
  EXPECT_EQ(llvm::cantFail(raiseWeightScale(0.0f, 0.1f, 1e-38f)), 1e-38f);
  EXPECT_EQ(llvm::cantFail(raiseWeightScale(1.0f, 0.1f, 0.1f)), 0.1f);
}

TEST(Bias, Refusals) {
  float infinity = HUGE_VALF;
  EXPECT_NE(refusal(quantizeBias(infinity, 1.0f, 1.0f)), "");
  EXPECT_NE(refusal(quantizeBias(std::nanf(""), 1.0f, 1.0f)), "");
  EXPECT_NE(refusal(raiseWeightScale(infinity, 1.0f, 1.0f)), "");
  EXPECT_NE(refusal(raiseWeightScale(3e38f, 1e-38f, 1.0f)), ""); // no scale is large enough
}

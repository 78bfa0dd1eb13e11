// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Grid.h"
#include "qopt/Quantization/ReferenceKernels.h"

#include "Exact.h"
#include "gtest/gtest.h"

#include <limits>
#include <vector>

using namespace qopt::numerics;
using namespace qopt::exact;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

static Grid grid(double lo, double hi, Symmetry symmetry = Symmetry::Asymmetric,
                 Storage storage = {-128, 127}) {
  return llvm::cantFail(gridForRange({lo, hi}, storage, symmetry));
}

TEST(Grid, AsymmetricRangeOfRelu) {
  // lo = 0: the zero point is the least code and zero is exact.
  Grid g = grid(0.0, 6.0);
  EXPECT_EQ(g.zeroPoint, -128);
  EXPECT_EQ(g.scale, float(6.0 / 255.0));
  EXPECT_EQ(dequantizeValue(quantizeValue(0.0f, g), g), 0.0f);
}

TEST(Grid, RangeIsWidenedToZero) {
  EXPECT_EQ(grid(2.0, 6.0), grid(0.0, 6.0));
  EXPECT_EQ(grid(-6.0, -2.0), grid(-6.0, 0.0));
  EXPECT_EQ(grid(-6.0, -2.0).zeroPoint, 127);
}

TEST(Grid, ZeroPointUsesTheRoundedScale) {
  // Independent: s rounded to float first, then z in long double.
  Numbers numbers(1);
  for (int i = 0; i < 20000; ++i) {
    float lo = -numbers.scale(-20, 20), hi = numbers.scale(-20, 20);
    if (std::abs(lo + hi) <= 0.01 * std::max(-lo, hi))
      continue;
    Grid g = grid(lo, hi);
    EXPECT_EQ(g.scale, float((double(hi) - double(lo)) / 255.0));
    long double zero = roundTiesEven(-128.0L - (long double)lo / g.scale);
    EXPECT_EQ(g.zeroPoint, int(std::min(127.0L, std::max(-128.0L, zero))));
  }
}

TEST(Grid, OnePercentRule) {
  // rgb/127.5 - 1: without the rule z would be -0.5, every pixel a tie.
  EXPECT_EQ(grid(-1.0, 1.0), (Grid{float(1.0 / 127.0), 0, {-128, 127}}));
  EXPECT_EQ(grid(-1.0, 0.9905), (Grid{float(1.0 / 127.0), 0, {-128, 127}})); // just inside
  EXPECT_EQ(grid(-0.9905, 1.0).zeroPoint, 0);
  EXPECT_NE(grid(-1.0, 0.98).scale, float(1.0 / 127.0)); // just outside
}

TEST(Grid, SymmetricAndNarrow) {
  EXPECT_EQ(grid(-1.0, 3.0, Symmetry::Symmetric), (Grid{float(3.0 / 127.0), 0, {-128, 127}}));
  Storage narrow = signedStorage(8, true);
  EXPECT_EQ(narrow, (Storage{-127, 127}));
  Grid g = grid(-3.0, 1.0, Symmetry::Symmetric, narrow);
  EXPECT_EQ(quantizeValue(-3.0f, g), -127);
  EXPECT_EQ(quantizeValue(-1e30f, g), -127); // never -128
}

TEST(Grid, UnsignedStorageHasItsZeroInTheMiddle) {
  EXPECT_EQ(grid(-1.0, 1.0, Symmetry::Symmetric, {0, 255}),
            (Grid{float(1.0 / 127.0), 128, {0, 255}}));
}

TEST(Grid, PowersOfTwo) {
  auto powerOfTwo = [](double lo, double hi, Symmetry symmetry = Symmetry::Asymmetric) {
    return llvm::cantFail(gridForRange({lo, hi}, {-128, 127}, symmetry, Scales::PowersOfTwo));
  };
  // 6/255 = 0.0235 becomes 1/32, and the zero point stays where the range begins.
  EXPECT_EQ(powerOfTwo(0.0, 6.0), (Grid{0.03125f, -128, {-128, 127}}));
  // What is a power of two already stays.
  EXPECT_EQ(powerOfTwo(-1.0, 0.9921875, Symmetry::Symmetric).scale, 0.015625f);
  EXPECT_EQ(powerOfTwo(0.0, 255.0 / 64).scale, 0.015625f);
  // -1.5/(1/64) = -96 steps below zero: the zero point is -32.
  EXPECT_EQ(powerOfTwo(-1.5, 2.0), (Grid{0.015625f, -32, {-128, 127}}));
  Numbers numbers(3);
  for (int i = 0; i < 20000; ++i) {
    float lo = -numbers.scale(-20, 20), hi = numbers.scale(-20, 20);
    Grid any = grid(lo, hi), raised = powerOfTwo(lo, hi);
    int exponent;
    EXPECT_EQ(std::frexp(raised.scale, &exponent), 0.5f);
    EXPECT_GE(raised.scale, any.scale);
    EXPECT_LT(raised.scale, 2 * any.scale);
    // Half a step is lost at an end where the zero point is rounded.
    EXPECT_LE(representableRange(raised).lo, lo + 0.5 * raised.scale);
    EXPECT_GE(representableRange(raised).hi, hi - 0.5 * raised.scale);
  }
  EXPECT_EQ(raiseToPowerOfTwo(std::numeric_limits<float>::min()),
            std::numeric_limits<float>::min());
}

TEST(Grid, DegenerateRanges) {
  EXPECT_EQ(grid(0.0, 0.0), (Grid{1.0f, 0, {-128, 127}}));
  EXPECT_EQ(grid(5.0, 5.0), grid(0.0, 5.0));
  // A denormal width keeps a normal scale: nothing divides by zero.
  Grid tiny = grid(0.0, 1e-44);
  EXPECT_EQ(tiny.scale, std::numeric_limits<float>::min());
  EXPECT_EQ(quantizeValue(0.0f, tiny), tiny.zeroPoint);
  // The widest range of floats: the difference overflows float, not double.
  double greatest = std::numeric_limits<float>::max();
  EXPECT_TRUE(std::isfinite(grid(-greatest, 0.5 * greatest).scale));
}

TEST(Grid, RefusedRanges) {
  auto refused = [](double lo, double hi) {
    return !refusal(gridForRange({lo, hi}, {-128, 127}, Symmetry::Asymmetric)).empty();
  };
  EXPECT_TRUE(refused(0.0, kInfinity));
  EXPECT_TRUE(refused(-kInfinity, 0.0));
  EXPECT_TRUE(refused(double(kNaN), 1.0));
  EXPECT_TRUE(refused(1.0, 0.0));
  EXPECT_TRUE(refused(0.0, 1e300));
  EXPECT_FALSE(refusal(gridForRange({0, 1}, {0, 0}, Symmetry::Asymmetric)).empty());
}

TEST(Grid, CheckGrid) {
  auto message = [](Grid g) { return llvm::toString(checkGrid(g)); };
  EXPECT_EQ(message({1.0f, 0, {-128, 127}}), "");
  EXPECT_NE(message({0.0f, 0, {-128, 127}}), "");
  EXPECT_NE(message({-1.0f, 0, {-128, 127}}), "");
  EXPECT_NE(message({kNaN, 0, {-128, 127}}), "");
  EXPECT_NE(message({1.0f, 0, {5, 5}}), "");
  EXPECT_EQ(message({1.0f, 300, {0, 255}}), "zero point 300 lies outside of the storage <0:255>");
}

TEST(Quantize, TiesToEvenOfBothSigns) {
  Grid g{2.0f, 0, {-128, 127}};
  EXPECT_EQ(quantizeValue(1.0f, g), 0);
  EXPECT_EQ(quantizeValue(3.0f, g), 2);
  EXPECT_EQ(quantizeValue(5.0f, g), 2);
  EXPECT_EQ(quantizeValue(-1.0f, g), 0);
  EXPECT_EQ(quantizeValue(-3.0f, g), -2);
  EXPECT_EQ(quantizeValue(-5.0f, g), -2);
  // The zero point is added after rounding: an odd one does not flip the tie.
  EXPECT_EQ(quantizeValue(1.0f, Grid{2.0f, 1, {-128, 127}}), 1);
}

TEST(Quantize, SpecialValues) {
  Grid g{0.5f, 7, {-128, 127}};
  EXPECT_EQ(quantizeValue(kNaN, g), 7);
  EXPECT_EQ(quantizeValue(std::numeric_limits<float>::infinity(), g), 127);
  EXPECT_EQ(quantizeValue(-std::numeric_limits<float>::infinity(), g), -128);
  EXPECT_EQ(quantizeValue(std::numeric_limits<float>::max(), g), 127);
  EXPECT_EQ(quantizeValue(-0.0f, g), 7);
  // A quotient that overflows float.
  EXPECT_EQ(quantizeValue(-3e38f, Grid{1e-30f, 127, {-128, 127}}), -128);
}

TEST(Quantize, TrueDivisionNotReciprocal) {
  Numbers numbers(2);
  int differs = 0;
  for (int i = 0; i < 100000; ++i) {
    Grid g{numbers.scale(-8, 0), numbers.between(-128, 127), {-128, 127}};
    // Values near ties, where a reciprocal would go the other way.
    float x = (float(numbers.between(-128, 127)) + 0.5f) * g.scale;
    float quotient = x / g.scale;
    auto code = int64_t(roundTiesEven(quotient)) + g.zeroPoint;
    EXPECT_EQ(quantizeValue(x, g), g.storage.clamp(code));
    differs += std::nearbyint(quotient) != std::nearbyint(x * (1.0f / g.scale));
  }
  EXPECT_GT(differs, 0); // the test would notice
}

TEST(Quantize, CodesSurviveDequantizing) {
  // Every code of every zero point comes back: fake_quant is idempotent.
  Numbers numbers(3);
  for (int i = 0; i < 500; ++i) {
    Grid g{numbers.scale(-30, 30), numbers.between(-128, 127), {-128, 127}};
    for (int32_t code = -128; code <= 127; ++code) {
      EXPECT_EQ(quantizeValue(dequantizeValue(code, g), g), code);
    }
  }
}

TEST(FakeQuantize, ArraysAreTheScalarFunction) {
  Numbers numbers(4);
  constexpr float kInfinityF = std::numeric_limits<float>::infinity();
  for (int i = 0; i < 300; ++i) {
    Storage storage = i % 3 == 0 ? Storage{-32768, 32767} : Storage{-128, 127};
    if (i % 50 == 0)
      storage = {-(1 << 24), 1 << 24}; // too wide for the fast path
    Grid g{numbers.scale(-20, 20), numbers.between(-128, 127), storage};
    std::vector<float> values{kNaN, kInfinityF, -kInfinityF, 0.0f, -0.0f, 3e38f, -3e38f, 1e-45f};
    for (int k = -600; k < 600; ++k)
      values.push_back(k * 0.5f * g.scale); // every tie
    std::vector<float> result(values.size());
    std::vector<int64_t> shape{int64_t(values.size())};
    fakeQuantize({shape, values.data()}, g, {shape, result.data()});
    for (size_t k = 0; k < values.size(); ++k)
      ASSERT_EQ(result[k], fakeQuantizeValue(values[k], g)) << values[k] << " on " << g.scale;
  }
}

TEST(StorageBound, RealBoundsBecomeCodes) {
  Grid g = grid(0.0, 6.0);
  EXPECT_EQ(storageBound(0.0, g), -128);
  EXPECT_EQ(storageBound(6.0, g), 127);
  EXPECT_EQ(storageBound(kInfinity, g), 127);
  EXPECT_EQ(storageBound(-kInfinity, g), -128);
  EXPECT_EQ(storageBound(3.0, Grid{2.0f, 0, {-128, 127}}), 2); // a tie, to even
}

TEST(LargestMagnitude, OverTheStorage) {
  EXPECT_EQ(largestMagnitude({-128, 127}, 0), 128);
  EXPECT_EQ(largestMagnitude({-128, 127}, -128), 255);
  EXPECT_EQ(largestMagnitude({-128, 127}, 127), 255);
  EXPECT_EQ(largestMagnitude({-127, 127}, 0), 127);
}

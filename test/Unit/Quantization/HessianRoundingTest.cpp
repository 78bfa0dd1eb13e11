// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/HessianRounding.h"
#include "qopt/Quantization/InputMoments.h"

#include "Exact.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace qopt::numerics;
using namespace qopt::exact;

/// Vectors whose elements share a common part, as neighbouring pixels do.
static std::vector<double> makeVectors(int64_t count, int64_t size, uint32_t seed) {
  Numbers numbers(seed);
  std::vector<double> vectors;
  for (int64_t i = 0; i < count; ++i) {
    float common = numbers.real(0, 4);
    for (int64_t j = 0; j < size; ++j)
      vectors.push_back(5.0f + common + numbers.real(-1, 1));
  }
  return vectors;
}

static InputMoments momentsOf(llvm::ArrayRef<double> vectors, int64_t size) {
  InputMoments moments(size);
  moments.add(vectors);
  return moments;
}

TEST(InputMoments, AgainstTheDefinition) {
  constexpr int64_t kSize = 5, kCount = 100;
  std::vector<double> x = makeVectors(kCount, kSize, 1);
  InputMoments whole = momentsOf(x, kSize), first(kSize);
  first.add(llvm::ArrayRef<double>(x).take_front(kSize * 30));
  first.merge(momentsOf(llvm::ArrayRef<double>(x).drop_front(kSize * 30), kSize));
  EXPECT_EQ(first.count(), kCount);
  std::vector<double> mean = whole.mean(), covariance = whole.covariance();
  std::vector<double> merged = first.covariance();
  for (int64_t a = 0; a < kSize; ++a)
    for (int64_t b = 0; b < kSize; ++b) {
      double expected = 0;
      for (int64_t i = 0; i < kCount; ++i)
        expected += (x[i * kSize + a] - mean[a]) * (x[i * kSize + b] - mean[b]) / kCount;
      EXPECT_NEAR(covariance[a * kSize + b], expected, 1e-12);
      EXPECT_NEAR(merged[a * kSize + b], expected, 1e-12);
    }
}

TEST(InputMoments, NothingSeenIsZero) {
  InputMoments moments(2);
  EXPECT_EQ(moments.mean(), std::vector<double>(2, 0.0));
  EXPECT_EQ(moments.covariance(), std::vector<double>(4, 0.0));
}

static std::vector<int32_t> nearest(llvm::ArrayRef<float> weights, const Grid &grid) {
  std::vector<int32_t> codes;
  for (float weight : weights)
    codes.push_back(quantizeValue(weight, grid));
  return codes;
}

static std::vector<float> makeWeights(int64_t size, uint32_t seed) {
  Numbers numbers(seed);
  std::vector<float> weights;
  for (int64_t i = 0; i < size; ++i)
    weights.push_back(numbers.real(-1, 1));
  return weights;
}

/// The least error of all codes, by trying them.
static double leastError(const HessianRounder &rounder, llvm::ArrayRef<float> weights,
                         const Grid &grid) {
  std::vector<int32_t> codes(weights.size(), grid.storage.min);
  double least = std::numeric_limits<double>::infinity();
  while (true) {
    least = std::min(least, rounder.error(weights, codes, grid));
    size_t i = 0;
    while (i < codes.size() && codes[i] == grid.storage.max)
      codes[i++] = grid.storage.min;
    if (i == codes.size())
      return least;
    ++codes[i];
  }
}

TEST(HessianRounding, NearTheBestOfAllCodes) {
  // 5 inputs of 3 bits: 7^5 = 16,807 candidates.
  constexpr int64_t kSize = 5;
  Grid grid{0.35f, 0, {-3, 3}};
  double ours = 0, best = 0, plain = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    auto rounder = llvm::cantFail(
        HessianRounder::create(momentsOf(makeVectors(200, kSize, seed), kSize).covariance()));
    std::vector<float> weights = makeWeights(kSize, seed);
    double error = rounder.error(weights, rounder.round(weights, grid), grid);
    double nearestError = rounder.error(weights, nearest(weights, grid), grid);
    double least = leastError(rounder, weights, grid);
    EXPECT_LE(error, nearestError * (1 + 1e-12));
    EXPECT_GE(error, least * (1 - 1e-12));
    ours += error;
    best += least;
    plain += nearestError;
  }
  EXPECT_LT(ours, 1.25 * best);
  EXPECT_LT(ours, 0.75 * plain);
}

TEST(HessianRounding, NeverWorseThanNearest) {
  // Coarse grids whose ends clip weights are where GPTQ alone can lose.
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    int64_t size = 2 + seed % 30;
    auto rounder = llvm::cantFail(
        HessianRounder::create(momentsOf(makeVectors(50, size, seed), size).covariance()));
    std::vector<float> weights = makeWeights(size, seed);
    for (Grid grid : {Grid{0.02f, 0, {-127, 127}}, Grid{0.3f, 1, {-2, 2}}})
      EXPECT_LE(rounder.error(weights, rounder.round(weights, grid), grid),
                rounder.error(weights, nearest(weights, grid), grid) * (1 + 1e-12));
  }
}

TEST(HessianRounding, DescentEndsWhereNoSingleCodeHelps) {
  constexpr int64_t kSize = 12;
  Grid grid{0.1f, 0, {-127, 127}};
  HessianRoundingOptions options;
  options.descentPasses = 1000;
  auto rounder = llvm::cantFail(
      HessianRounder::create(momentsOf(makeVectors(100, kSize, 3), kSize).covariance(), options));
  std::vector<float> weights = makeWeights(kSize, 3);
  std::vector<int32_t> codes = rounder.round(weights, grid);
  double error = rounder.error(weights, codes, grid);
  for (int32_t &code : codes)
    for (int step : {-1, 1}) {
      code += step;
      EXPECT_GE(rounder.error(weights, codes, grid), error * (1 - 1e-9));
      code -= step;
    }
}

TEST(HessianRounding, InputsThatNeverChangeLeaveTheNearestCodes) {
  Grid grid{0.25f, 0, {-127, 127}};
  auto rounder = llvm::cantFail(HessianRounder::create(std::vector<double>(36, 0.0)));
  std::vector<float> weights = makeWeights(6, 4);
  EXPECT_EQ(rounder.round(weights, grid), nearest(weights, grid));
}

TEST(HessianRounding, EqualInputsShareTheError) {
  // 0.4 + 0.4 on integers: 1 + 0 is nearer to 0.8 than 0 + 0.
  auto rounder = llvm::cantFail(HessianRounder::create({1.0, 1.0, 1.0, 1.0}));
  std::vector<int32_t> codes = rounder.round({0.4f, 0.4f}, Grid{1.0f, 0, {-127, 127}});
  EXPECT_EQ(codes[0] + codes[1], 1);
}

TEST(HessianRounding, CovarianceMustBeFinite) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal(HessianRounder::create({nan})), "the covariance of the inputs is not finite");
}

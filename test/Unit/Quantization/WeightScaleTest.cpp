// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/WeightScale.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace qopt::numerics;

static Grid widestGrid(const std::vector<float> &weights, unsigned bits) {
  double magnitude = 0;
  for (float weight : weights)
    magnitude = std::max(magnitude, std::abs(double{weight}));
  return llvm::cantFail(gridForRange({-magnitude, magnitude}, signedStorage(bits, /*narrow=*/true),
                                     Symmetry::Symmetric));
}

static std::vector<float> makeWeights(int count, uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> weights;
  for (int i = 0; i < count; ++i)
    weights.push_back(normal(engine));
  return weights;
}

/// The least error of two thousand scales.
static double leastError(const std::vector<float> &weights, const Grid &widest) {
  double least = weightError(weights, widest);
  for (int step = 0; step < 2000; ++step) {
    Grid grid = widest;
    grid.scale = static_cast<float>(widest.scale * (0.4 + 0.6 * step / 2000));
    least = std::min(least, weightError(weights, grid));
  }
  return least;
}

TEST(WeightScale, NearTheBestOfManyScales) {
  for (unsigned bits : {4u, 8u})
    for (int count : {9, 64, 1000})
      for (uint32_t seed = 1; seed <= 5; ++seed) {
        std::vector<float> weights = makeWeights(count, seed);
        Grid widest = widestGrid(weights, bits), found = widest;
        found.scale = searchWeightScale(weights, widest);
        double ours = weightError(weights, found), best = leastError(weights, widest);
        EXPECT_LE(ours, weightError(weights, widest));
        // Few weights can meet a grid by chance at some scale between those tried.
        EXPECT_LE(ours, best * (count < 100 ? 1.6 : 1.02));
      }
}

TEST(WeightScale, LongTailsAreClipped) {
  std::vector<float> weights = makeWeights(1000, 6);
  weights.push_back(7.0f);
  Grid widest = widestGrid(weights, 4);
  EXPECT_LT(searchWeightScale(weights, widest), 0.8f * widest.scale);
}

TEST(WeightScale, ExactWeightsKeepTheirScale) {
  std::vector<float> weights;
  for (int code = -127; code <= 127; ++code)
    weights.push_back(static_cast<float>(code) * 0.25f);
  EXPECT_EQ(searchWeightScale(weights, widestGrid(weights, 8)), 0.25f);
}

TEST(WeightScale, Zeros) {
  std::vector<float> zeros(5, 0.0f);
  EXPECT_EQ(searchWeightScale(zeros, widestGrid(zeros, 8)), 1.0f);
  EXPECT_EQ(searchWeightScale({}, Grid{1.0f, 0, {-127, 127}}), 1.0f);
  std::vector<float> denormal(5, 1e-42f);
  Grid widest = widestGrid(denormal, 8);
  EXPECT_EQ(searchWeightScale(denormal, widest), widest.scale);
}

TEST(WeightScale, PowersOfTwoAreHalvedWhileThatHelps) {
  // One weight in 4097 is far out: clipping it costs less than a coarse grid for the others.
  std::vector<float> weights(4096, 0.2f);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] *= std::sin(float(i));
  weights.push_back(0.3f);
  Grid widest{0x1p-8f, 0, {-127, 127}};
  float found = searchPowerOfTwoScale(weights, widest);
  EXPECT_EQ(found, 0x1p-9f);
  // Exact weights keep their scale.
  EXPECT_EQ(searchPowerOfTwoScale({31.75f, 0.25f}, Grid{0.25f, 0, {-127, 127}}), 0.25f);
}

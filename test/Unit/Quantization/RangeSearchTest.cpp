// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Observers that choose a range from a histogram, held against exhaustive
// searches that share no code with them.

#include "qopt/Quantization/Histogram.h"
#include "qopt/Quantization/Observer.h"

#include "Exact.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace qopt::numerics;
using namespace qopt::exact;

using MakeObserver = std::unique_ptr<Observer> (*)();

static constexpr MakeObserver kSearches[] = {createMseObserver, createEntropyObserver,
                                             createAciqGaussObserver, createAciqLaplaceObserver};

/// Values about zero with long tails; on one side of it, with many zeros, as after ReLU.
static std::vector<float> makeValues(int count, uint32_t seed, bool rectified) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    float a = normal(engine), b = normal(engine);
    float value = a * (1 + b * b) + 0.3f;
    values.push_back(rectified ? std::max(value, 0.0f) : value);
  }
  return values;
}

static Range rangeFor(MakeObserver make, llvm::ArrayRef<float> values) {
  auto observer = make();
  observer->observe(values);
  return llvm::cantFail(observer->range());
}

TEST(RangeSearch, SplittingAndShufflingChangesNothing) {
  std::mt19937 engine(7);
  for (bool rectified : {false, true}) {
    std::vector<float> values = makeValues(20000, 1, rectified);
    for (MakeObserver make : kSearches) {
      Range whole = rangeFor(make, values);
      for (int trial = 0; trial < 5; ++trial) {
        std::shuffle(values.begin(), values.end(), engine);
        std::vector<std::unique_ptr<Observer>> shards;
        for (size_t begin = 0; begin < values.size();) {
          size_t size = std::min<size_t>(1 + engine() % 5000, values.size() - begin);
          shards.push_back(make());
          shards.back()->observe(llvm::ArrayRef<float>(values).slice(begin, size));
          begin += size;
        }
        while (shards.size() > 1) { // merge random pairs: a tree, not a chain
          std::shuffle(shards.begin(), shards.end(), engine);
          llvm::cantFail(shards[0]->merge(*shards.back()));
          shards.pop_back();
        }
        Range merged = llvm::cantFail(shards[0]->range());
        EXPECT_EQ(merged.lo, whole.lo);
        EXPECT_EQ(merged.hi, whole.hi);
      }
    }
  }
}

TEST(RangeSearch, RangesLieInsideOfTheExtremes) {
  for (bool rectified : {false, true}) {
    std::vector<float> values = makeValues(5000, 2, rectified);
    auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    for (MakeObserver make : kSearches) {
      Range range = rangeFor(make, values);
      EXPECT_GE(range.lo, *least);
      EXPECT_LE(range.hi, *greatest);
      EXPECT_LT(range.lo, range.hi);
    }
  }
}

TEST(RangeSearch, NothingButOneValue) {
  for (MakeObserver make : kSearches)
    for (float value : {0.0f, 3.0f, -3.0f, 1e-40f}) {
      Range range = rangeFor(make, std::vector<float>(10, value));
      EXPECT_EQ(range.lo, value);
      EXPECT_EQ(range.hi, value);
    }
}

TEST(RangeSearch, NonFiniteValuesAreErrors) {
  for (MakeObserver make : kSearches) {
    auto observer = make();
    EXPECT_EQ(refusal(observer->range()), "no values were observed");
    observer->observe({1.0f, std::numeric_limits<float>::infinity()});
    EXPECT_EQ(refusal(observer->range()), "0 NaN and 1 infinite values were observed");
    EXPECT_NE(llvm::toString(observer->merge(*createMinMaxObserver())), "");
  }
}

//===----------------------------------------------------------------------===//
// Squared error
//===----------------------------------------------------------------------===//

/// Mean squared error of rounding the values themselves on the grid of a range.
static double meanSquaredError(llvm::ArrayRef<float> values, Range range) {
  Grid grid = llvm::cantFail(gridForRange(range, signedStorage(8, false), Symmetry::Asymmetric));
  double sum = 0;
  for (float value : values)
    sum += std::pow(double{value} - fakeQuantizeValue(value, grid), 2);
  return sum / static_cast<double>(values.size());
}

TEST(RangeSearch, MseAgainstTryingRangesOnTheValues) {
  for (bool rectified : {false, true})
    for (uint32_t seed = 1; seed <= 3; ++seed) {
      std::vector<float> values = makeValues(4000, seed, rectified);
      Range whole = rangeFor(createMinMaxObserver, values);
      double best = std::numeric_limits<double>::infinity();
      for (double low = 0.1; low <= 1.0; low += 0.05)
        for (double high = 0.1; high <= 1.0; high += 0.05)
          best = std::min(best, meanSquaredError(values, {low * whole.lo, high * whole.hi}));
      double ours = meanSquaredError(values, rangeFor(createMseObserver, values));
      // The histogram does not see where in a step a value lies.
      EXPECT_LT(ours, 1.03 * std::min(best, meanSquaredError(values, whole)));
    }
}

//===----------------------------------------------------------------------===//
// Entropy
//===----------------------------------------------------------------------===//

/// Pairs of bins, those about zero empty.
static std::vector<double> getBins(const Histogram &histogram) {
  std::vector<double> bins;
  for (int64_t i = -Histogram::kHalf; i < Histogram::kHalf; i += 2)
    bins.push_back(static_cast<double>(histogram.binCount(i) + histogram.binCount(i + 1)));
  bins[Histogram::kHalf / 2] = bins[Histogram::kHalf / 2 - 1] = 0;
  return bins;
}

/// The definition, bin by bin: Q from the bins inside, P with the rest joined to the ends.
static double divergenceOf(const std::vector<double> &bins, int64_t low, int64_t high) {
  int64_t count = high - low;
  std::vector<double> p(bins.begin() + low, bins.begin() + high), q(count), mass(256), used(256);
  auto levelOf = [&](int64_t bin) { return (2 * bin + 1) * 128 / count; };
  for (int64_t i = 0; i < count; ++i) {
    mass[levelOf(i)] += p[i];
    used[levelOf(i)] += p[i] > 0;
  }
  double inside = 0, total = 0, sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    inside += p[i];
    q[i] = p[i] > 0 ? mass[levelOf(i)] / used[levelOf(i)] : 0;
  }
  for (int64_t i = 0; i < static_cast<int64_t>(bins.size()); ++i) {
    total += bins[i];
    if (i < low)
      p.front() += bins[i];
    else if (i >= high)
      p.back() += bins[i];
  }
  for (int64_t i = 0; i < count; ++i)
    if (p[i] > 0)
      sum += p[i] / total * std::log((p[i] / total) / (q[i] / inside));
  return sum;
}

TEST(RangeSearch, EntropyAgainstTheDefinitionOnOneSide) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    std::vector<float> values = makeValues(3000, seed, /*rectified=*/true);
    Histogram histogram;
    histogram.add(values);
    std::vector<double> bins = getBins(histogram);
    int64_t zero = Histogram::kHalf / 2;
    double best = std::numeric_limits<double>::infinity();
    for (int64_t high = zero + 256; high <= 2 * zero; ++high)
      best = std::min(best, divergenceOf(bins, zero, high));
    Range range = rangeFor(createEntropyObserver, values);
    auto high = zero + static_cast<int64_t>(std::ceil(range.hi / (2 * histogram.binWidth())));
    EXPECT_EQ(range.lo, 0.0);
    EXPECT_NEAR(divergenceOf(bins, zero, high), best, 1e-9);
  }
}

TEST(RangeSearch, EntropyNoBoundAloneIsBetterOnTwoSides) {
  std::vector<float> values = makeValues(3000, 4, /*rectified=*/false);
  Histogram histogram;
  histogram.add(values);
  std::vector<double> bins = getBins(histogram);
  int64_t zero = Histogram::kHalf / 2;
  double width = 2 * histogram.binWidth();
  Range range = rangeFor(createEntropyObserver, values);
  int64_t low = zero + static_cast<int64_t>(std::floor(range.lo / width));
  int64_t high = zero + static_cast<int64_t>(std::ceil(range.hi / width));
  double ours = divergenceOf(bins, low, high);
  EXPECT_TRUE(std::isfinite(ours));
  for (int64_t bound = zero; bound <= 2 * zero; ++bound)
    if (bound - low >= 256)
      EXPECT_GE(divergenceOf(bins, low, bound), ours - 1e-9);
  for (int64_t bound = 0; bound <= zero; ++bound)
    if (high - bound >= 256)
      EXPECT_GE(divergenceOf(bins, bound, high), ours - 1e-9);
}

//===----------------------------------------------------------------------===//
// Analytical clipping
//===----------------------------------------------------------------------===//

TEST(RangeSearch, AciqClipsArePublishedOnes) {
  // Banner et al., 2018, for 2, 3 and 4 bits.
  EXPECT_NEAR(aciqGaussClip(2), 1.71, 0.01);
  EXPECT_NEAR(aciqGaussClip(3), 2.15, 0.01);
  EXPECT_NEAR(aciqGaussClip(4), 2.55, 0.01);
  EXPECT_NEAR(aciqLaplaceClip(2), 2.83, 0.01);
  EXPECT_NEAR(aciqLaplaceClip(3), 3.89, 0.01);
  EXPECT_NEAR(aciqLaplaceClip(4), 5.03, 0.01);
}

TEST(RangeSearch, AciqFindsTheDistribution) {
  std::mt19937 engine(5);
  std::normal_distribution<float> normal(0.5f, 2.0f);
  std::exponential_distribution<float> exponential(0.25f);
  std::vector<float> gauss, laplace, half;
  for (int i = 0; i < 400000; ++i) {
    gauss.push_back(normal(engine));
    half.push_back(exponential(engine));
    laplace.push_back((engine() % 2 ? 1.0f : -1.0f) * exponential(engine));
  }
  Range range = rangeFor(createAciqGaussObserver, gauss);
  EXPECT_NEAR(range.lo, 0.5 - 2 * aciqGaussClip(8), 0.05);
  EXPECT_NEAR(range.hi, 0.5 + 2 * aciqGaussClip(8), 0.05);
  range = rangeFor(createAciqLaplaceObserver, laplace);
  EXPECT_NEAR(range.lo, -4 * aciqLaplaceClip(8), 0.4);
  EXPECT_NEAR(range.hi, 4 * aciqLaplaceClip(8), 0.4);
  range = rangeFor(createAciqLaplaceObserver, half);
  EXPECT_NEAR(range.lo, 0.0, 1e-3);
  EXPECT_NEAR(range.hi, 4 * aciqLaplaceClip(9), 0.4);
}

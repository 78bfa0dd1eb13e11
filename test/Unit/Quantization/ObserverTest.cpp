// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Observer.h"
#include "qopt/Quantization/Histogram.h"

#include "Exact.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <limits>
#include <vector>

using namespace qopt::numerics;
using namespace qopt::exact;

static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
static constexpr float kInfinity = std::numeric_limits<float>::infinity();

static std::vector<std::vector<float>> samples(int count, int size, uint32_t seed) {
  Numbers numbers(seed);
  std::vector<std::vector<float>> result(count);
  for (auto &sample : result) {
    float magnitude = numbers.scale(-6, 6);
    for (int i = 0; i < size; ++i)
      sample.push_back(numbers.real(-0.3f, 1.0f) * magnitude);
  }
  return result;
}

TEST(Observer, MinMaxMergesInAnyOrder) {
  auto data = samples(10, 100, 1);
  auto forward = createMinMaxObserver(), backward = createMinMaxObserver();
  for (auto &sample : data)
    forward->observe(sample);
  for (auto it = data.rbegin(); it != data.rend(); ++it) {
    auto shard = backward->cloneEmpty();
    shard->observe(*it);
    llvm::cantFail(backward->merge(*shard));
  }
  Range a = llvm::cantFail(forward->range()), b = llvm::cantFail(backward->range());
  EXPECT_EQ(a.lo, b.lo);
  EXPECT_EQ(a.hi, b.hi);
  EXPECT_EQ(backward->sampleCount(), 10);
  EXPECT_EQ(backward->valueCount(), 1000);
}

TEST(Observer, MovingAverageFoldsInOrder) {
  auto data = samples(10, 100, 2);
  auto direct = createMovingAverageObserver(0.75), merged = createMovingAverageObserver(0.75);
  double hi = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    direct->observe(data[i]);
    auto shard = merged->cloneEmpty();
    shard->observe(data[i]);
    llvm::cantFail(merged->merge(*shard));
    double own = *std::max_element(data[i].begin(), data[i].end());
    hi = i == 0 ? own : 0.75 * hi + 0.25 * own;
  }
  EXPECT_EQ(llvm::cantFail(direct->range()).hi, llvm::cantFail(merged->range()).hi);
  EXPECT_DOUBLE_EQ(llvm::cantFail(direct->range()).hi, hi);
}

TEST(Observer, MovingAverageRefusesBlocks) {
  auto data = samples(3, 10, 3);
  auto whole = createMovingAverageObserver(), block = createMovingAverageObserver();
  block->observe(data[0]);
  block->observe(data[1]);
  EXPECT_NE(llvm::toString(whole->merge(*block)), "");
  EXPECT_NE(llvm::toString(whole->merge(*createMinMaxObserver())), "");
}

TEST(Observer, NonFiniteValuesAreErrors) {
  for (auto make :
       {+[] { return createMinMaxObserver(); }, +[] { return createMovingAverageObserver(); },
        +[] { return createPercentileObserver(); }}) {
    auto observer = make();
    EXPECT_NE(refusal(observer->range()), ""); // nothing observed
    observer->observe({1.0f, kNaN, 2.0f, kInfinity, -kInfinity});
    EXPECT_EQ(observer->nanCount(), 1);
    EXPECT_EQ(observer->infCount(), 2);
    EXPECT_EQ(refusal(observer->range()), "1 NaN and 2 infinite values were observed");
    auto all = make();
    all->observe({kNaN});
    EXPECT_EQ(refusal(all->range()), "1 NaN and 0 infinite values were observed");
  }
}

TEST(Histogram, OrderDoesNotMatter) {
  // Magnitudes over a dozen octaves force widening at different times.
  auto data = samples(12, 200, 4);
  Histogram forward, backward, pairwise;
  for (auto &sample : data)
    forward.add(sample);
  for (auto it = data.rbegin(); it != data.rend(); ++it)
    backward.add(*it);
  for (size_t i = 0; i < data.size(); i += 2) {
    Histogram pair, second;
    pair.add(data[i + 1]);
    second.add(data[i]);
    pair.merge(second);
    pairwise.merge(pair);
  }
  EXPECT_TRUE(forward == backward);
  EXPECT_TRUE(forward == pairwise);
  EXPECT_EQ(forward.total(), 12 * 200);
}

TEST(Histogram, BinsHoldTheirValues) {
  std::vector<float> values{-1.0f, -1e-30f, 0.0f, 0.3f, 0.5f, 1.0f, 3.0f};
  Histogram histogram;
  for (float value : values)
    histogram.add(value);
  for (int64_t bin = -Histogram::kHalf; bin < Histogram::kHalf; ++bin) {
    double lo = bin * histogram.binWidth(), hi = lo + histogram.binWidth();
    auto inside =
        std::count_if(values.begin(), values.end(), [&](float v) { return v >= lo && v < hi; });
    EXPECT_EQ(histogram.binCount(bin), inside);
  }
}

TEST(Histogram, ExtremeMagnitudes) {
  Histogram histogram;
  histogram.add({1e-45f, -1e-45f});
  histogram.add({std::numeric_limits<float>::max(), -std::numeric_limits<float>::max()});
  EXPECT_EQ(histogram.total(), 4);
  EXPECT_EQ(histogram.binCount(0), 1);  // the positive denormal
  EXPECT_EQ(histogram.binCount(-1), 1); // the negative one
}

TEST(Observer, PercentileAgainstSorting) {
  Numbers numbers(5);
  std::vector<float> values;
  for (int i = 0; i < 100000; ++i)
    values.push_back(numbers.real(-1, 1) * numbers.real(-1, 1) * numbers.real(0, 3));
  auto observer = createPercentileObserver(99.0);
  for (int i = 0; i < 10; ++i)
    observer->observe(llvm::ArrayRef<float>(values).slice(i * 10000, 10000));
  std::sort(values.begin(), values.end());
  Range range = llvm::cantFail(observer->range());
  double width = 4.0 / Histogram::kHalf; // magnitudes below 4
  EXPECT_NEAR(range.lo, values[1000], width);
  EXPECT_NEAR(range.hi, values[values.size() - 1001], width);
  EXPECT_LE(range.lo, values[1000]); // never cuts more than the share
  EXPECT_GE(range.hi, values[values.size() - 1001]);
}

TEST(Observer, PercentileHundredIsMinMax) {
  auto data = samples(5, 100, 6);
  auto percentile = createPercentileObserver(100.0), minmax = createMinMaxObserver();
  for (auto &sample : data) {
    percentile->observe(sample);
    minmax->observe(sample);
  }
  Range a = llvm::cantFail(percentile->range()), b = llvm::cantFail(minmax->range());
  EXPECT_EQ(a.lo, b.lo);
  EXPECT_EQ(a.hi, b.hi);
}

TEST(Observer, ConstantZeros) {
  auto observer = createPercentileObserver();
  observer->observe(std::vector<float>(1000, 0.0f));
  Range range = llvm::cantFail(observer->range());
  EXPECT_EQ(range.lo, 0.0);
  EXPECT_EQ(range.hi, 0.0);
}

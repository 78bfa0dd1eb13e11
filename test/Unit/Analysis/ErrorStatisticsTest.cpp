// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Analysis/ErrorStatistics.h"

#include "gtest/gtest.h"

#include <random>

using namespace qopt;

TEST(ErrorStatistics, MeasuresByHand) {
  ErrorStatistics statistics(2);
  // Channel 0: x = 3, 4 with e = 1, 1 (all bias); channel 1: x = 0, 2 with e = 1, -1 (no bias).
  statistics.add({3, 0, 4, 2}, {4, 1, 5, 1});
  ErrorFigures first = statistics.channel(0);
  EXPECT_DOUBLE_EQ(first.mas, 1);
  EXPECT_DOUBLE_EQ(first.signal, 12.5);
  EXPECT_DOUBLE_EQ(first.mssr, 1 / std::sqrt(12.5));
  EXPECT_DOUBLE_EQ(first.rqnsr, 1 / std::sqrt(12.5));
  EXPECT_DOUBLE_EQ(first.biasShare, 1);
  EXPECT_DOUBLE_EQ(first.sqnrDb, 10 * std::log10(12.5));
  ErrorFigures second = statistics.channel(1);
  EXPECT_EQ(second.mas, 0);
  EXPECT_EQ(second.biasShare, 0);
  EXPECT_DOUBLE_EQ(second.noise, 1);
}

/// Shifts +1 and -1: their mean is 0, and yet all of the error is bias.
TEST(ErrorStatistics, ShiftsOfOppositeSignDoNotHideInTheLayer) {
  ErrorStatistics statistics(2);
  statistics.add({1, 1, 3, 3}, {2, 0, 4, 2});
  ErrorFigures layer = statistics.layer();
  EXPECT_DOUBLE_EQ(layer.mas, 1);
  EXPECT_DOUBLE_EQ(layer.biasShare, 1);
  EXPECT_DOUBLE_EQ(layer.mssr, layer.rqnsr);
}

TEST(ErrorStatistics, NothingOfNothingIsNothing) {
  ErrorStatistics statistics(1);
  for (int round = 0; round < 2; ++round) { // without values; then with zeros
    ErrorFigures layer = statistics.layer();
    EXPECT_EQ(layer.mssr, 0);
    EXPECT_EQ(layer.rqnsr, 0);
    EXPECT_EQ(layer.biasShare, 0);
    EXPECT_TRUE(std::isinf(layer.sqnrDb) && layer.sqnrDb > 0);
    statistics.add({0, 0}, {0, 0});
  }
}

TEST(ErrorStatistics, ErrorWithoutSignal) {
  ErrorStatistics statistics(1);
  statistics.add({0, 0}, {1, 1});
  EXPECT_TRUE(std::isinf(statistics.layer().mssr));
  EXPECT_TRUE(std::isinf(statistics.layer().sqnrDb) && statistics.layer().sqnrDb < 0);
}

TEST(ErrorStatistics, WorstChannelHasTheMostErrorEnergy) {
  ErrorStatistics statistics(3);
  statistics.add({0, 0, 0}, {1, -2, 1.5F});
  EXPECT_EQ(statistics.worstChannel(), 1);
}

/// Partial sums of the same samples, merged in the same order, are the same bits, and differ from
/// one long sum by rounding alone.
TEST(ErrorStatistics, MergingIsAddingInOrder) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  ErrorStatistics whole(3), merged(3), again(3);
  for (int sample = 0; sample < 50; ++sample) {
    std::vector<float> exact(30), quantized(30);
    for (size_t i = 0; i < exact.size(); ++i) {
      exact[i] = normal(random);
      quantized[i] = std::round(exact[i] * 16) / 16;
    }
    ErrorStatistics part(3);
    part.add(exact, quantized);
    whole.add(exact, quantized);
    merged.merge(part);
    again.merge(part);
  }
  for (int64_t c = 0; c < 3; ++c) {
    EXPECT_EQ(merged.channel(c).noise, again.channel(c).noise);
    EXPECT_NEAR(merged.channel(c).noise, whole.channel(c).noise, 1e-12);
    EXPECT_NEAR(merged.channel(c).mas, whole.channel(c).mas, 1e-12);
    // Rounding to steps of 1/16 makes noise of a twelfth of the step squared.
    EXPECT_NEAR(merged.channel(c).noise * 12 * 256, 1, 0.25);
  }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tiles that the cost model chooses, for shapes where the right answer is known by measurement.
#include "qopt/Codegen/TilePlan.h"

#include "qopt/Codegen/RowSet.h"
#include "qopt/Target/Hexagon/Rows.h"
#include "qopt/Target/X86/Rows.h"

#include "gtest/gtest.h"

using namespace qopt::codegen;

namespace {

TilePlan plan(const RowSet &rows, TileProblem problem) {
  return planTiles(problem, rows.getDotRow(), rows.getLanes());
}

TEST(TilePlan, FourteenPixelsByTwoVectors) {
  TilePlan tiles = plan(qopt::x86::getAvx512VnniRowSet(), {14, 14, 512, 128});
  EXPECT_EQ(tiles.height * tiles.width, 14);
  ASSERT_EQ(tiles.panels.size(), 1u);
  EXPECT_EQ(tiles.panels[0].vectors, 2);
  EXPECT_EQ(tiles.panels[0].count, 16);
}

TEST(TilePlan, RowsOfSmallMapsShareTiles) {
  TilePlan tiles = plan(qopt::x86::getAvx512VnniRowSet(), {7, 7, 512, 128});
  EXPECT_EQ(tiles.height, 2);
  EXPECT_EQ(tiles.width, 7);
}

TEST(TilePlan, RowsThatLeaveOutDotsAreTilesOfTheirOwn) {
  TileProblem problem{7, 7, 512, 1152};
  problem.share = [](int64_t row, int64_t height, int64_t, bool) {
    return height == 1 && (row == 0 || row == 6) ? 2.0 / 3 : 1.0; // a row of 3x3 windows
  };
  TilePlan tiles = plan(qopt::x86::getAvx512VnniRowSet(), problem);
  EXPECT_EQ(tiles.height, 1);
  EXPECT_EQ(tiles.width, 7);
  EXPECT_EQ(tiles.panels[0].vectors, 3);
}

/// Three dots for each load, and dots with the border left out.
TEST(TilePlan, WindowsOfOneVectorShareColumns) {
  TileProblem problem{32, 32, 16, 36};
  problem.columns = {12, 3, 1, 1};
  problem.share = [](int64_t row, int64_t height, int64_t, bool sharesColumns) {
    double rows = height == 1 && (row == 0 || row == 31) ? 2.0 / 3 : 1.0;
    return sharesColumns ? rows * 94 / 96 : rows;
  };
  TilePlan tiles = plan(qopt::x86::getAvx512VnniRowSet(), problem);
  EXPECT_TRUE(tiles.sharesColumns);
  EXPECT_EQ(tiles.height, 1);
  EXPECT_EQ(tiles.width, 16);
}

TEST(TilePlan, OnePixelTakesWidePanels) {
  TilePlan tiles = plan(qopt::x86::getAvx512VnniRowSet(), {1, 1, 1000, 256});
  EXPECT_EQ(tiles.panels[0].vectors, 8);
  ASSERT_EQ(tiles.panels.size(), 2u); // 1000 = 7 · 128 + 104
  EXPECT_EQ(tiles.panels[1].channels, 104);
  EXPECT_EQ(tiles.panels[1].vectors, 7);
}

TEST(TilePlan, PanelsCoverAllChannels) {
  for (int64_t channels : {1, 15, 16, 17, 31, 32, 33, 100}) {
    TilePlan tiles = plan(qopt::x86::getAvx512VnniRowSet(), {5, 5, channels, 9});
    int64_t covered = 0;
    for (const PanelKind &kind : tiles.panels)
      covered += kind.count * kind.channels;
    EXPECT_EQ(covered, channels);
    EXPECT_GE(tiles.vectorCount() * 16, channels);
  }
}

TEST(TilePlan, ScalarOperandsLeaveRoomForSixByFour) {
  TilePlan tiles = plan(qopt::hexagon::getHvxRowSet(), {1, 512, 512, 128});
  EXPECT_EQ(tiles.width, 6);
  EXPECT_EQ(tiles.panels[0].vectors, 4);
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every tile of every row set of this machine, at the shapes one off: a pixel, a channel and an
// operand's channel less and more than whole tiles. Sizes come from the plans themselves.
#include "DotLayerTester.h"
#include "TileSizes.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Target/Target.h"

#include "gtest/gtest.h"

using namespace qopt;
using namespace qopt::codegen;
using namespace qopt::test;

namespace {

constexpr int64_t kOff[] = {-1, 1};

/// The rows for weights without and with -128; one where they are the same.
llvm::SmallVector<const DotRow *> dotRowsOf(const RowSet &rows) {
  llvm::SmallVector<const DotRow *> dots = {&rows.getDotRow()};
  if (&rows.getWideDotRow() != dots[0])
    dots.push_back(&rows.getWideDotRow());
  return dots;
}

template <typename Fn> void forEachTile(Fn fn) {
  for (const Target *target : getHostTargets())
    for (const DotRow *row : dotRowsOf(*target->rows))
      for (const RowTiles &tiles : tilesOf(*row, target->rows->getLanes()))
        fn(*target->rows, *row, tiles);
}

LayerCase caseFor(const RowSet &rows, const DotRow &row) {
  LayerCase c;
  c.leastWeight = &row == &rows.getDotRow() ? -127 : -128;
  c.pixelMultiple = row.getStepBytes();
  return c;
}

void check(const RowSet &rows, const LayerCase &c) {
  EXPECT_EQ(checkLayer(rows, c, 1), "") << rows.getName().str();
}

TEST(TileEdges, Rows) {
  forEachTile([](const RowSet &rows, const DotRow &row, const RowTiles &tiles) {
    for (int64_t pixel : kOff)
      for (int64_t channel : kOff)
        for (int64_t depth : kOff) {
          LayerCase c = caseFor(rows, row);
          c.w = 2 * tiles.row.width + pixel;
          c.oc = tiles.vectors * rows.getLanes() + channel;
          c.c = 4 * row.getStepBytes() + depth;
          if (c.oc > 0)
            check(rows, c);
        }
  });
}

TEST(TileEdges, Maps) {
  forEachTile([](const RowSet &rows, const DotRow &row, const RowTiles &tiles) {
    for (int64_t y : kOff)
      for (int64_t x : kOff) {
        LayerCase c = caseFor(rows, row);
        c.kernel = 3, c.pad = 1;
        c.h = std::max<int64_t>(1, 2 * tiles.map.height + y);
        c.w = std::max<int64_t>(1, tiles.map.width + x);
        c.oc = tiles.vectors * rows.getLanes() + x;
        c.c = row.getStepBytes() + y;
        if (c.oc > 0 && c.c > 0)
          check(rows, c);
      }
  });
}

/// One tile in a row, two, three and more, whole ones and one pixel off, with every border; strided
/// and dilated windows too.
TEST(TileEdges, Windows) {
  forEachTile([](const RowSet &rows, const DotRow &row, const RowTiles &tiles) {
    if (!tiles.windows.sharesColumns)
      return;
    for (int64_t count : {1, 2, 4})
      for (int64_t x : {-1, 0, 1})
        for (int64_t stride : {1, 2}) {
          LayerCase c = caseFor(rows, row);
          c.kernel = 3, c.pad = count % 3, c.stride = stride, c.dilation = x == 0 ? 2 : 1;
          c.inputZero = rows.isFlippedAtRest() ? -128 : 0; // the border may be left out
          int64_t width = std::max<int64_t>(1, count * tiles.windows.width + x);
          int64_t extent = 2 * c.dilation + 1;
          c.w = std::max<int64_t>(1, (width - 1) * stride + extent - 2 * c.pad);
          c.h = std::max<int64_t>(extent, 2 * tiles.windows.height);
          c.oc = tiles.vectors * rows.getLanes();
          c.c = 2 * row.getStepBytes() + x;
          check(rows, c);
        }
  });
}

/// Blocks of channels (vectors where there is no four-way dot), and rows of results in pairs.
TEST(TileEdges, Depthwise) {
  for (const Target *target : getHostTargets()) {
    const QuadRow *quads = target->rows->getQuadRow();
    int64_t block = quads ? quads->getBlockChannels() : target->rows->getLanes();
    for (int64_t kernel : {3, 5})
      for (int64_t stride : {1, 2})
        for (int64_t channel : {-1, 0, 1})
          for (int64_t row : kOff) {
            LayerCase c;
            c.depthwise = true, c.leastWeight = row < 0 ? -128 : -127;
            c.kernel = kernel, c.stride = stride, c.pad = kernel / 2;
            c.h = 4 + row, c.w = 6 + row;
            c.c = c.oc = std::max<int64_t>(1, 2 * block + channel);
            check(*target->rows, c);
          }
  }
}

/// Pixels of few channels side by side in a vector, which they fill or do not; gaps between pixels
/// forbid it.
TEST(TileEdges, DepthwiseOfFewChannels) {
  for (const Target *target : getHostTargets())
    for (int64_t channels : {3, 8, 20, 31, 33, 48})
      for (int64_t stride : {1, 2})
        for (int64_t multiple : {1, 4}) {
          LayerCase c;
          c.depthwise = true, c.leastWeight = -127, c.pixelMultiple = multiple;
          c.kernel = 3, c.stride = stride, c.pad = 1, c.dilation = channels % 3 == 0 ? 2 : 1;
          c.h = 8, c.w = stride * (64 / channels + 3), c.c = c.oc = channels;
          check(*target->rows, c);
        }
}

} // namespace

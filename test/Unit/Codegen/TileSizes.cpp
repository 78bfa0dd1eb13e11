// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TileSizes.h"

#include "qopt/Codegen/DotRow.h"

using namespace qopt::codegen;

namespace qopt::test {

llvm::SmallVector<RowTiles, 0> tilesOf(const DotRow &row, int64_t lanes) {
  constexpr int64_t kRow = 1024, kMap = 64, kSteps = 9;
  llvm::SmallVector<RowTiles, 0> tiles;
  for (int64_t vectors = 1; vectors <= row.getBudget().maxVectors; ++vectors) {
    int64_t channels = vectors * lanes;
    TileProblem windows{kMap, kMap, channels, 3 * kSteps};
    windows.columns = {kSteps, 3, 1, 1};
    tiles.push_back({vectors, planTiles({1, kRow, channels, kSteps}, row, lanes),
                     planTiles({kMap, kMap, channels, kSteps}, row, lanes),
                     planTiles(windows, row, lanes)});
  }
  return tiles;
}

static void sortUnique(llvm::SmallVector<int64_t> &values) {
  llvm::sort(values);
  values.erase(llvm::unique(values), values.end());
}

TileSizes TileSizes::of(llvm::ArrayRef<const RowSet *> sets) {
  TileSizes sizes;
  for (const RowSet *rows : sets) {
    int64_t lanes = rows->getLanes();
    if (const QuadRow *quads = rows->getQuadRow())
      sizes.channels.push_back(quads->getBlockChannels());
    for (const DotRow *row : {&rows->getDotRow(), &rows->getWideDotRow()}) {
      sizes.depths.push_back(row->getStepBytes());
      for (const RowTiles &tiles : tilesOf(*row, lanes)) {
        sizes.channels.push_back(tiles.vectors * lanes);
        sizes.pixels.append({tiles.row.width, tiles.map.width, tiles.map.height,
                             tiles.windows.width, tiles.windows.height});
      }
    }
  }
  for (auto *values : {&sizes.channels, &sizes.pixels, &sizes.depths})
    sortUnique(*values);
  return sizes;
}

} // namespace qopt::test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The extents at which the kernels of a row set change their code, and those one off.
#ifndef QOPT_TEST_UNIT_CODEGEN_TILESIZES_H
#define QOPT_TEST_UNIT_CODEGEN_TILESIZES_H

#include "qopt/Codegen/RowSet.h"
#include "qopt/Codegen/TilePlan.h"

#include "llvm/ADT/SmallVector.h"

namespace qopt::test {

/// Tiles that a row takes for panels of `vectors` vectors.
struct RowTiles {
  int64_t vectors = 1;
  codegen::TilePlan row;     ///< of a long row of pixels
  codegen::TilePlan map;     ///< of a map
  codegen::TilePlan windows; ///< of a map, under windows of three columns, which tiles may share
};

/// For every number of vectors that a panel of `row` may have.
llvm::SmallVector<RowTiles, 0> tilesOf(const codegen::DotRow &row, int64_t lanes);

/// Sorted, each once.
struct TileSizes {
  llvm::SmallVector<int64_t> channels; ///< of results: vectors, panels, depthwise blocks
  llvm::SmallVector<int64_t> pixels;   ///< along a row or a column of a map
  llvm::SmallVector<int64_t> depths;   ///< channels of an operand

  /// Of all that `rows` hold.
  static TileSizes of(llvm::ArrayRef<const codegen::RowSet *> rows);
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_CODEGEN_TILESIZES_H

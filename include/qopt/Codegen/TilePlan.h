// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the results of a layer are cut into register tiles.
#ifndef QOPT_CODEGEN_TILEPLAN_H
#define QOPT_CODEGEN_TILEPLAN_H

#include "qopt/Codegen/DotRow.h"

#include <functional>

namespace qopt::codegen {

/// Panels of one shape: `count` of them, `vectors` vectors of channels each, of which `channels`
/// exist.
struct PanelKind {
  int64_t vectors = 1, channels = 1, count = 1;
};

/// Tiles of height x width pixels; rows and columns that are left over get smaller ones. Panels
/// cover the channels of a group: the last kind holds what is left over.
struct TilePlan {
  int64_t height = 1, width = 1;
  llvm::SmallVector<PanelKind, 2> panels;
  bool sharesColumns = false; ///< a step serves all columns of the kernel's row

  int64_t panelCount() const;
  /// Vectors of all panels of a group.
  int64_t vectorCount() const;
};

/// Windows of neighbouring pixels overlap: where a step serves all columns of the kernel's row,
/// each pixel of the input is loaded once for all of them.
struct SharedColumns {
  int64_t steps = 0; ///< of the reduction; 0: columns cannot be shared
  int64_t count = 1, stride = 1, dilation = 1;

  /// Pixels of the input that `width` results read.
  int64_t pixelsRead(int64_t width) const {
    return std::min((width - 1) * stride + (count - 1) * dilation + 1, width * count);
  }
};

/// The result's extent, as a problem for planTiles.
struct TileProblem {
  int64_t height = 1, width = 1; ///< of the result
  int64_t channels = 1;          ///< of a group
  int64_t steps = 1;             ///< of the reduction (DotRow::getStepBytes() each)
  bool packed = false;           ///< operands of pixels are made ahead
  /// The share of its dots that a tile of `height` rows from `row` on, `width` pixels each, cannot
  /// leave out; where columns are shared, that of the tiles of the whole row; null: all.
  std::function<double(int64_t row, int64_t height, int64_t width, bool sharesColumns)> share =
      nullptr;
  SharedColumns columns = {};
};

/// The plan of least estimated time for `row`, on vectors of `lanes` channels. Deterministic.
TilePlan planTiles(const TileProblem &problem, const DotRow &row, int64_t lanes);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_TILEPLAN_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The reduction of a convolution as runs of bytes, and weights packed in the order of that walk.
#ifndef QOPT_CODEGEN_DOTPACKING_H
#define QOPT_CODEGEN_DOTPACKING_H

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/TilePlan.h"

namespace qopt::codegen {

/// How a reduction walks the columns of a kernel's row: as one run of bytes where pixels lie side
/// by side, else one by one; one by one in any case; or all in every step.
enum class ColumnWalk { Merged, Apart, Shared };

/// `rows` x `columns` runs of `steps` steps each, each of `taps` columns of the kernel.
struct ReductionPlan {
  int64_t rows = 1, columns = 1, steps = 1, taps = 1;
  int64_t rowAdvance = 0, columnAdvance = 0; ///< bytes of the input
  bool merged = false;

  int64_t totalSteps() const { return rows * columns * steps; }
};

/// Whether pixels of few channels had better lie side by side, without padding: steps then cut a
/// row of the kernel, a run of bytes, where they like, and there are fewer of them.
bool walksDensePixels(const Window &window, int64_t channels, int64_t groups, const DotRow &row);
/// The pixels that such a run reads past its last one.
int64_t densePixelsBehind(const Window &window, int64_t channels, const DotRow &row);

/// Whether `row` can walk the layer's input without reading what is not there.
bool canReduce(const DotLayer &layer, const DotRow &row);
/// Whether every step may serve all columns of the kernel.
bool canShareColumns(const DotLayer &layer, const DotRow &row);
ReductionPlan planReduction(const DotLayer &layer, const DotRow &row,
                            ColumnWalk walk = ColumnWalk::Merged);

/// bias - z_x·Σ(q_w - z_w), modulo 2^32, per channel: what accumulators start from.
llvm::SmallVector<int32_t> effectiveBias(const DotLayer &layer);

/// Everything that is packed at compile time, for one layer, row and plan.
class DotPacking {
public:
  DotPacking(const DotLayer &layer, const DotRow &row, const ReductionPlan &reduction,
             const TilePlan &tiles, int64_t lanes);

  /// [group][panel][row][column][step][part][tap][block of n channels][n][k].
  llvm::SmallVector<char, 0> packWeights() const;
  /// The pattern whose dot with a pixel is the sum of its activations, packed as a panel of one
  /// vector.
  llvm::SmallVector<char, 0> packOnes() const;
  /// The channel of every lane: groups one after the other, each padded to whole vectors.
  llvm::SmallVector<int64_t> laneChannels() const;
  /// What Σ activations is multiplied by and subtracted, per channel.
  llvm::SmallVector<int32_t> rowSumFactors() const;

  /// Bytes of `vectors` vectors of channels in one step.
  int64_t stepBytes(int64_t vectors) const;
  int64_t panelBytes(int64_t vectors) const { return stepBytes(vectors) * reduction.totalSteps(); }
  /// Accumulators of one vector of channels.
  int64_t blocksPerVector() const;

private:
  int32_t weightAt(int64_t channel, int64_t row, int64_t column, int64_t byte) const;
  bool isProduct(int64_t byte) const;
  template <typename Fn> void walk(int64_t vectors, Fn fn) const;

  const DotLayer &layer;
  const DotRow &row;
  const ReductionPlan &reduction;
  const TilePlan &tiles;
  int64_t lanes;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_DOTPACKING_H

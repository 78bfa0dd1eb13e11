// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Taps in the border of the input add nothing where the border is 0 at rest: rows of the kernel
// that all pixels of a tile miss are not walked, and pixels that miss a column of it get no dots.
#include "qopt/Codegen/DotKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace qopt::codegen {

/// Columns are laid out one after the other, each a loop of its own: not short ones.
constexpr int64_t kMinColumnSteps = 16;

/// Where tiles are whole rows of results, every column of the kernel has a body of its own.
bool DotKernel::skipsColumns(const DotLayer &layer, const DotRow &row, int64_t tileWidth) {
  const WindowDim &width = layer.window.width;
  bool hasBorder = width.padLow > 0 || width.padHigh > 0;
  return hasBorder && layer.hasZeroBorder() && width.kernel > 1 && tileWidth == layer.output.w &&
         layer.channelsPerGroup() >= kMinColumnSteps * row.getStepBytes();
}

ColumnWalk DotKernel::columnWalk(const DotLayer &layer, const DotRow &row, const TilePlan &tiles) {
  if (tiles.sharesColumns)
    return ColumnWalk::Shared;
  return skipsColumns(layer, row, tiles.width) ? ColumnWalk::Apart : ColumnWalk::Merged;
}

/// Whether tiles at both ends of a row have code of their own, which leaves out the border.
bool DotKernel::tilesKnowBorder() const {
  const WindowDim &width = layer.window.width;
  return tiles.sharesColumns && layer.hasZeroBorder() && width.padLow + width.padHigh > 0;
}

/// Whether column `column` of the kernel meets the input for a pixel of `group`.
bool DotKernel::meetsInput(const Tile &tile, int64_t group, int64_t column) const {
  int64_t m = row.getShape().m, end = std::min(tile.height * tile.width, (group + 1) * m);
  for (int64_t pixel = group * m; pixel < end; ++pixel) {
    int64_t x = tile.firstPixel.value_or(0) + pixel % tile.width;
    Taps taps = tapsInside(layer.window.width, layer.input.w, x, x);
    if (taps.begin <= column && column < taps.end)
      return true;
  }
  return false;
}

bool DotKernel::skipsRows() const {
  const WindowDim &height = layer.window.height;
  bool hasBorder = height.padLow > 0 || height.padHigh > 0;
  return hasBorder && layer.hasZeroBorder() && height.kernel > 1 && height.dilation == 1;
}

bool DotKernel::everyRowMeetsInput() const {
  for (int64_t y = 0; y < layer.output.h; ++y)
    if (tapsInside(layer.window.height, layer.input.h, y, y).count() == 0)
      return false;
  return true;
}

/// tapsInside() of the kernel's rows, as the first one and their number, for a tile of `height`
/// rows in the row of tiles `block`. Where no tile misses all rows the number says that it is not
/// 0: loops over it then need no guard, around which accumulators would be initialized twice.
std::pair<Value, Value> DotKernel::kernelRows(Emitter &emit, Value block, int64_t height) const {
  const WindowDim &dim = layer.window.height;
  Value up = emit.mul(block, -tiles.height * dim.stride);
  Value first = emit.add(up, dim.padLow - (height - 1) * dim.stride);
  Value end = emit.add(up, layer.input.h + dim.padLow);
  first = emit.max(first, emit.index(0));
  Value count = emit.sub(emit.min(end, emit.index(dim.kernel)), first);
  return {first, everyRowMeetsInput() ? emit.max(count, emit.index(1)) : count};
}

TileProblem DotKernel::problemOf(const DotLayer &layer, const DotRow &row, bool packed) {
  TileProblem problem;
  problem.height = layer.output.h, problem.width = layer.output.w;
  problem.channels = layer.outputsPerGroup();
  problem.steps = planReduction(layer, row).totalSteps();
  problem.packed = packed;
  if (canShareColumns(layer, row)) {
    const WindowDim &x = layer.window.width;
    int64_t steps = planReduction(layer, row, ColumnWalk::Shared).totalSteps();
    problem.columns = {steps, x.kernel, x.stride, x.dilation};
  }
  if (!layer.hasZeroBorder())
    return problem;
  problem.share = [&](int64_t first, int64_t height, int64_t width, bool sharesColumns) {
    const WindowDim &y = layer.window.height, &x = layer.window.width;
    int64_t rows = tapsInside(y, layer.input.h, first, first + height - 1).count();
    double share = y.dilation == 1 ? static_cast<double>(rows) / y.kernel : 1;
    if (!sharesColumns && !skipsColumns(layer, row, width))
      return share;
    int64_t taps = 0, pixels = layer.output.w;
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      taps += tapsInside(x, layer.input.w, pixel, pixel).count();
    return share * static_cast<double>(taps) / (pixels * x.kernel);
  };
  return problem;
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps that serve all columns of a kernel's row: the windows of neighbouring pixels overlap, and a
// pixel of the input is loaded once for all that read it. Loads would otherwise bound tiles of one
// vector of channels, which have one dot for each.
#include "qopt/Codegen/DotKernel.h"

using namespace mlir;

namespace qopt::codegen {

void DotKernel::emitSharedStep(Emitter &emit, const Cursor &cursor, const Tile &tile,
                               Accumulators &accumulators) const {
  const WindowDim &dim = layer.window.width;
  DotShape shape = row.getShape();
  int64_t blocks = tile.panel.vectors * packing.blocksPerVector();
  SmallVector<Value> weights; // [tap][block]
  for (int64_t i = 0; i < reduction.taps * blocks; ++i)
    weights.push_back(row.loadWeights(emit, emit.address(cursor.weights, i * shape.n * shape.k)));

  // The tile's pixel that reads input column `column` by `tap`; none: -1.
  auto readerOf = [&](int64_t column, int64_t tap) -> int64_t {
    int64_t x = (column - tap * dim.dilation) / dim.stride;
    bool reads = column >= tap * dim.dilation && x * dim.stride + tap * dim.dilation == column;
    return reads && x < tile.width ? x : -1;
  };
  auto emitColumn = [&](int64_t y, int64_t column) {
    Value operand;
    for (int64_t tap = 0; tap < reduction.taps; ++tap) {
      int64_t x = readerOf(column, tap);
      if (x < 0 || (tile.firstPixel && tilesKnowBorder() && !meetsInput(tile, x, tap)))
        continue;
      if (!operand) {
        int64_t offset = inputOffset(y, 0) + column * layer.input.pixelStride;
        operand = row.loadActivation(emit, emit.address(cursor.input, offset), layer.input.flipped);
      }
      for (int64_t block = 0; block < blocks; ++block) {
        Value &accumulator = accumulators[(y * tile.width + x) * blocks + block];
        accumulator = row.dot(emit, accumulator, weights[tap * blocks + block], operand);
      }
    }
  };
  int64_t columns = (tile.width - 1) * dim.stride + dim.extent();
  for (int64_t y = 0; y < tile.height; ++y)
    for (int64_t column = 0; column < columns; ++column)
      emitColumn(y, column);
}

} // namespace qopt::codegen

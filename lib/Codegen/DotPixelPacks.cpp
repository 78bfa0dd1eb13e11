// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands of several pixels, made once before the tiles: all panels of channels load them as they
// are, one after the other.
#include "qopt/Codegen/DotKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qopt::codegen {

/// Fewer vectors of channels do not repay the packing.
constexpr int64_t kMinVectors = 4;

bool packsPixels(const DotLayer &layer, const DotRow &row, const ReductionPlan &reduction,
                 int64_t lanes) {
  return row.getShape().m > 1 && layer.groups == 1 && reduction.rows == 1 &&
         reduction.columns == 1 && layer.output.c >= kMinVectors * lanes;
}

int64_t DotKernel::operandBytes() const { return row.getShape().m * row.getStepBytes(); }

int64_t DotKernel::packedStepBytes(int64_t pixels) const {
  return llvm::divideCeil(pixels, row.getShape().m) * operandBytes();
}

int64_t DotKernel::packedTileBytes() const {
  return packedStepBytes(tiles.height * tiles.width) * reduction.totalSteps();
}

Value DotKernel::packsOf(Emitter &emit, Value packs, Value image, Value block) const {
  Value row = emit.add(emit.mul(image, rowBlocks()), block);
  return emit.address(packs, emit.mul(row, tilesPerRow() * packedTileBytes()));
}

/// [step][group of pixels], as a reduction walks them.
void DotKernel::packTile(Emitter &emit, Value input, Value packs, const Tile &tile) const {
  int64_t pixels = tile.height * tile.width, stepBytes = packedStepBytes(pixels);
  auto pack = [&](Value step, int64_t count) {
    Value from = emit.address(input, emit.mul(step, row.getStepBytes()));
    Value to = emit.address(packs, emit.mul(step, stepBytes));
    for (int64_t group = 0; group * row.getShape().m < pixels; ++group) {
      SmallVector<Value> pointers = pixelsOfGroup(emit, from, tile, group);
      SmallVector<Value, 2> operands;
      if (count == 2)
        operands = row.loadTwoSteps(emit, pointers, layer.input.flipped);
      else
        operands = {row.loadActivation(emit, pointers, layer.input.flipped)};
      for (auto [i, operand] : llvm::enumerate(operands))
        emit.store(operand, emit.address(to, i * stepBytes + group * operandBytes()),
                   operandBytes());
    }
  };
  int64_t even = reduction.steps / 2 * 2;
  emit.forLoop(0, even, 2, [&](Value step) { pack(step, 2); });
  if (even != reduction.steps)
    pack(emit.index(even), 1);
}

/// A task's units are panels by rows of tiles: the rows that it needs, each once.
void DotKernel::packPixels(Emitter &emit, const Frame &frame, Value begin, Value end) const {
  const BufferLayout &out = layer.output, &in = layer.input;
  int64_t blocks = rowBlocks(), rowsOfTiles = out.n * blocks, rest = out.h % tiles.height;
  auto divRem = [&](Value value, int64_t by) -> std::pair<Value, Value> {
    Value divisor = emit.index(by);
    return {arith::DivUIOp::create(emit.builder, emit.loc, value, divisor),
            arith::RemUIOp::create(emit.builder, emit.loc, value, divisor)};
  };
  Value last = arith::MinUIOp::create(emit.builder, emit.loc, end, emit.add(begin, rowsOfTiles));
  emit.forLoop(begin, last, 1, [&](Value unit) {
    auto [image, block] = divRem(divRem(unit, rowsOfTiles).second, blocks);
    Value offset =
        emit.add(emit.mul(image, in.imageStride), emit.mul(block, inputOffset(tiles.height, 0)));
    Frame line = frame;
    line.input = emit.address(frame.input, emit.add(offset, inputOrigin()));
    line.packs = packsOf(emit, frame.packs, image, block);
    auto pack = [&](int64_t height) {
      forTiles(emit, height, [&](Value at, const Tile &tile) {
        packTile(emit, emit.address(line.input, emit.mul(at, inputOffset(0, tiles.width))),
                 emit.address(line.packs, emit.mul(at, packedTileBytes())), tile);
      });
    };
    if (rest == 0)
      return pack(tiles.height);
    branch(emit, block, out.h / tiles.height, [&] { pack(tiles.height); }, [&] { pack(rest); });
  });
}

} // namespace qopt::codegen

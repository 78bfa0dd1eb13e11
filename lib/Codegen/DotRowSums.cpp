// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of the activations of windows, made once before the tiles: all panels of channels start
// their accumulators from them.
#include "qopt/Codegen/DotKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qopt::codegen {

/// None where dots read bytes that are not the window's: the end of a pixel, or pixels between.
std::optional<WindowRow> DotKernel::windowRow() const {
  const BufferLayout &in = layer.input;
  const WindowDim &height = layer.window.height, &width = layer.window.width;
  int64_t channels = layer.channelsPerGroup();
  int64_t pixelBytes = llvm::alignTo(channels, row.getStepBytes());
  bool isPixel = width.kernel == 1 && pixelBytes == channels;
  if (!isPixel && (pixelBytes != in.pixelStride || width.dilation != 1))
    return std::nullopt;
  WindowRow windows;
  windows.count = layer.output.w, windows.stride = width.stride * in.pixelStride;
  windows.rows = height.kernel, windows.rowStride = height.dilation * in.rowStride;
  windows.bytes = width.kernel * pixelBytes;
  windows.pixelBytes = pixelBytes, windows.channels = channels;
  return windows;
}

bool DotKernel::sumsFirst() const {
  if (!hasRowSum() || !uniformFactor || layer.groups != 1 || row.getShape().m != 1)
    return false;
  std::optional<WindowRow> windows = windowRow();
  return windows && row.canSumWindows(*windows);
}

/// sumWindows() may write a vector more than there are pixels.
int64_t DotKernel::getScratchBytes() const {
  const BufferLayout &out = layer.output;
  if (packed)
    return out.n * rowBlocks() * tilesPerRow() * packedTileBytes();
  if (!sumsFirst())
    return 0;
  return 4 * (out.n * out.h * out.w + row.getShape().n);
}

Value DotKernel::sumsOf(Emitter &emit, Value sums, Value image, Value block) const {
  const BufferLayout &out = layer.output;
  Value row = emit.add(emit.mul(image, out.h), emit.mul(block, tiles.height));
  return emit.address(sums, emit.mul(row, 4 * out.w));
}

/// A task's units are panels by rows of tiles: the rows that it needs, each once.
void DotKernel::emitPixelSums(Emitter &emit, const Frame &frame, Value begin, Value end) const {
  const BufferLayout &out = layer.output, &in = layer.input;
  int64_t blocks = rowBlocks(), rowsOfTiles = out.n * blocks;
  auto split = [&](Value value, int64_t by) -> std::pair<Value, Value> {
    Value divisor = emit.index(by);
    return {arith::DivUIOp::create(emit.builder, emit.loc, value, divisor),
            arith::RemUIOp::create(emit.builder, emit.loc, value, divisor)};
  };
  Value last = arith::MinUIOp::create(emit.builder, emit.loc, end, emit.add(begin, rowsOfTiles));
  emit.forLoop(begin, last, 1, [&](Value unit) {
    auto [image, block] = split(split(unit, rowsOfTiles).second, blocks);
    Value y = emit.mul(block, tiles.height);
    Value yEnd = arith::MinUIOp::create(emit.builder, emit.loc, emit.add(y, tiles.height),
                                        emit.index(out.h));
    Value sums = emit.address(frame.sums, emit.mul(image, 4 * out.h * out.w));
    Value input = emit.address(frame.input, emit.mul(image, in.imageStride));
    input = emit.address(input, inputOrigin());
    emit.forLoop(y, yEnd, 1, [&](Value line) {
      row.sumWindows(emit, emit.address(input, emit.mul(line, inputOffset(1, 0))), *windowRow(),
                     -*uniformFactor, emit.address(sums, emit.mul(line, 4 * out.w)));
    });
  });
}

void DotKernel::addPixelSums(Emitter &emit, const Frame &frame, const Tile &tile,
                             Accumulators &accumulators) const {
  int64_t blocks = tile.panel.vectors * packing.blocksPerVector();
  for (int64_t pixel = 0; pixel < tile.height * tile.width; ++pixel) {
    int64_t offset = pixel / tile.width * layer.output.w + pixel % tile.width;
    Value sum = emit.load(emit.intType(32), emit.address(frame.sums, 4 * offset), 4);
    Value all = emit.broadcast(sum, row.getShape().lanes());
    for (int64_t block = 0; block < blocks; ++block) {
      Value &accumulator = accumulators[pixel * blocks + block];
      accumulator = emit.add(accumulator, all);
    }
  }
}

} // namespace qopt::codegen

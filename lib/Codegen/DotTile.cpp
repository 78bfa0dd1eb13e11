// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One register tile: start from the bias, reduce, correct, store.
#include "qopt/Codegen/DotKernel.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace qopt::codegen {

constexpr int64_t kCacheLine = 64;

static int64_t pixelsOf(int64_t height, int64_t width) { return height * width; }

void DotKernel::emitTile(Emitter &emit, const Frame &frame, const Tile &tile) const {
  Accumulators accumulators = initialAccumulators(emit, frame, tile);
  accumulators = reduce(emit, {frame.input, frame.weights, frame.ahead}, tile, accumulators);
  TileResults results;
  results.accumulators = unpack(emit, tile, accumulators);
  if (hasRowSum() && !frame.sums)
    subtractRowSums(emit, frame, tile, results.accumulators);
  results.firstLane = frame.firstLane;
  results.channels = results.writable = tile.panel.channels;
  results.channelMultiple = tiles.panels.front().vectors * rows.getLanes();
  if (layer.groups > 1)
    results.channelMultiple = std::gcd(results.channelMultiple, layer.outputsPerGroup());
  results.rowPixels = tile.width;
  int64_t used = layer.output.c * layer.output.elementBytes;
  if (layer.groups == 1 && tile.panel.channels % rows.getLanes())
    results.writable += (layer.output.pixelStride - used) / layer.output.elementBytes;
  auto place = [&](SmallVectorImpl<Value> &pointers, Value base, const BufferLayout &layout) {
    for (int64_t y = 0; y < tile.height; ++y)
      for (int64_t x = 0; x < tile.width; ++x)
        pointers.push_back(emit.address(base, y * layout.rowStride + x * layout.pixelStride));
  };
  place(results.outputs, frame.output, layer.output);
  if (layer.residual)
    place(results.residuals, frame.residual, *layer.residual);
  epilogue->emitTile(emit, frame.state, results);
}

/// Accumulators are ordered [group of m pixels][block of n channels].
DotKernel::Accumulators DotKernel::initialAccumulators(Emitter &emit, const Frame &frame,
                                                       const Tile &tile) const {
  DotShape shape = row.getShape();
  int64_t blocks = tile.panel.vectors * packing.blocksPerVector(), width = shape.lanes();
  Value base = emit.address(emit.address(frame.parameters, biasOffset),
                            emit.mul(frame.firstLane, 4 * width / shape.n));
  Accumulators bias;
  for (int64_t block = 0; block < blocks; ++block)
    bias.push_back(
        emit.load(emit.intType(32, width), emit.address(base, block * width * 4), 4 * width));
  Accumulators accumulators;
  int64_t groups = llvm::divideCeil(pixelsOf(tile.height, tile.width), shape.m);
  for (int64_t group = 0; group < groups; ++group)
    accumulators.append(bias);
  if (frame.sums)
    addPixelSums(emit, frame, tile, accumulators);
  return accumulators;
}

using CarryingBody = llvm::function_ref<SmallVector<Value>(Value, SmallVector<Value>)>;

/// A loop that carries accumulators. Tiles fill the register file: an unrolled reduction shares
/// loads between its steps (the windows of neighbouring pixels overlap), and what is shared spills.
static SmallVector<Value> carry(Emitter &emit, Value begin, Value end, ArrayRef<Value> accumulators,
                                CarryingBody body) {
  SmallVector<Value> results =
      emit.forLoop(begin, end, 1, accumulators, [&](Value i, ValueRange carried) {
        return body(i, SmallVector<Value>(carried));
      });
  keepRolled(results.front().getDefiningOp());
  return results;
}

/// No loop at all for one trip.
static SmallVector<Value> carry(Emitter &emit, int64_t trips, SmallVector<Value> accumulators,
                                CarryingBody body) {
  if (trips == 1)
    return body(emit.index(0), std::move(accumulators));
  return carry(emit, emit.index(0), emit.index(trips), accumulators, body);
}

DotKernel::Cursor DotKernel::advance(Emitter &emit, const Cursor &cursor, Value trip,
                                     int64_t inputBytes, int64_t steps, const Tile &tile) const {
  auto move = [&](Value pointer, int64_t bytes) {
    return emit.address(pointer, emit.mul(trip, bytes));
  };
  Cursor next = cursor;
  next.input = move(cursor.input, inputBytes);
  next.weights = move(cursor.weights, steps * packing.stepBytes(tile.panel.vectors));
  if (cursor.ahead)
    next.ahead = move(cursor.ahead, steps * aheadPerStep(tile.panel.vectors));
  return next;
}

DotKernel::Accumulators DotKernel::reduce(Emitter &emit, const Cursor &cursor, const Tile &tile,
                                          Accumulators accumulators) const {
  bool apart = skipsColumns(layer, row, tile.width);
  auto byColumns = [&](const Cursor &from, SmallVector<Value> values) {
    auto column = [&](Value x, SmallVector<Value> carried) {
      Cursor run = advance(emit, from, x, reduction.columnAdvance, reduction.steps, tile);
      if (apart)
        run.column = getConstantIntValue(x);
      return reduceRun(emit, run, tile, std::move(carried));
    };
    if (!apart)
      return carry(emit, reduction.columns, std::move(values), column);
    for (int64_t x = 0; x < reduction.columns; ++x)
      values = column(emit.index(x), std::move(values));
    return values;
  };
  auto rowAt = [&](const Cursor &from, Value y) {
    int64_t steps = reduction.columns * reduction.steps;
    return advance(emit, from, y, reduction.rowAdvance, steps, tile);
  };
  Cursor first = tile.firstRow ? rowAt(cursor, tile.firstRow) : cursor;
  auto kernelRow = [&](Value y, SmallVector<Value> values) {
    return byColumns(rowAt(first, y), std::move(values));
  };
  if (tile.firstRow)
    return carry(emit, emit.index(0), tile.rowCount, accumulators, kernelRow);
  return carry(emit, reduction.rows, std::move(accumulators), kernelRow);
}

DotKernel::Accumulators DotKernel::reduceRun(Emitter &emit, const Cursor &cursor, const Tile &tile,
                                             Accumulators accumulators) const {
  int64_t activationBytes = activationStepBytes(tile);
  auto steps = [&](const Cursor &from, int64_t count, SmallVector<Value> &values) {
    for (int64_t step = 0; step < count; ++step)
      emitStep(emit, advance(emit, from, emit.index(step), activationBytes, 1, tile), tile, values);
  };
  bool windowsOverlap =
      layer.window.width.stride * layer.input.pixelStride < reduction.steps * activationBytes;
  const TileBudget budget = row.getBudget();
  if (reduction.steps <= budget.inlineSteps && !windowsOverlap && reduction.taps == 1) {
    steps(cursor, reduction.steps, accumulators);
    return accumulators;
  }
  // A loop of one trip would be none.
  int64_t unroll = reduction.steps < 2 * budget.unroll ? 1 : budget.unroll;
  int64_t trips = reduction.steps / unroll;
  if (trips > 0)
    accumulators =
        carry(emit, trips, std::move(accumulators), [&](Value trip, SmallVector<Value> values) {
          steps(advance(emit, cursor, trip, unroll * activationBytes, unroll, tile), unroll,
                values);
          return values;
        });
  int64_t done = trips * unroll;
  steps(advance(emit, cursor, emit.index(done), activationBytes, 1, tile), reduction.steps - done,
        accumulators);
  return accumulators;
}

int64_t DotKernel::activationStepBytes(const Tile &tile) const {
  return packed ? packedStepBytes(pixelsOf(tile.height, tile.width)) : row.getStepBytes();
}

Value DotKernel::loadActivation(Emitter &emit, Value input, const Tile &tile, int64_t group) const {
  if (!packed)
    return row.loadActivation(emit, pixelsOfGroup(emit, input, tile, group), layer.input.flipped);
  return emit.load(emit.intType(8, operandBytes()), emit.address(input, group * operandBytes()),
                   operandBytes());
}

SmallVector<Value> DotKernel::pixelsOfGroup(Emitter &emit, Value input, const Tile &tile,
                                            int64_t group) const {
  int64_t m = row.getShape().m, last = pixelsOf(tile.height, tile.width) - 1;
  SmallVector<Value> pointers;
  for (int64_t i = 0; i < m; ++i) {
    int64_t pixel = std::min(group * m + i, last);
    pointers.push_back(emit.address(input, inputOffset(pixel / tile.width, pixel % tile.width)));
  }
  return pointers;
}

/// An operand of one part is loaded right before its dots, so that few are alive at a time; one of
/// several parts serves all of them.
void DotKernel::emitStep(Emitter &emit, const Cursor &cursor, const Tile &tile,
                         Accumulators &accumulators) const {
  DotShape shape = row.getShape();
  int64_t blocks = tile.panel.vectors * packing.blocksPerVector();
  int64_t groups = llvm::divideCeil(pixelsOf(tile.height, tile.width), shape.m);
  int64_t parts = row.getStepBytes() / shape.k;
  SmallVector<Value> operands(groups);
  if (cursor.ahead)
    for (int64_t at = 0; at < aheadPerStep(tile.panel.vectors); at += kCacheLine)
      emit.prefetch(emit.address(cursor.ahead, at));
  if (reduction.taps > 1)
    return emitSharedStep(emit, cursor, tile, accumulators);
  for (int64_t part = 0; part < parts; ++part) {
    SmallVector<Value> columns;
    for (int64_t block = 0; block < blocks; ++block) {
      int64_t offset = (part * blocks + block) * shape.n * shape.k;
      columns.push_back(row.loadWeights(emit, emit.address(cursor.weights, offset)));
    }
    for (int64_t group = 0; group < groups; ++group) {
      if (cursor.column && !meetsInput(tile, group, *cursor.column))
        continue;
      if (part == 0)
        operands[group] = loadActivation(emit, cursor.input, tile, group);
      Value operand = row.selectActivation(emit, operands[group], part);
      for (int64_t block = 0; block < blocks; ++block) {
        Value &accumulator = accumulators[group * blocks + block];
        accumulator = row.dot(emit, accumulator, columns[block], operand);
      }
    }
  }
}

SmallVector<SmallVector<Value>> DotKernel::unpack(Emitter &emit, const Tile &tile,
                                                  const Accumulators &accumulators) const {
  int64_t blocks = tile.panel.vectors * packing.blocksPerVector();
  SmallVector<SmallVector<Value>> results;
  for (size_t first = 0; first < accumulators.size(); first += blocks)
    row.unpackAccumulators(emit, ArrayRef<Value>(accumulators).slice(first, blocks), results);
  results.resize(pixelsOf(tile.height, tile.width));
  return results;
}

/// The sums of each pixel's activations in every lane, through the same dots against ones.
SmallVector<Value> DotKernel::rowSums(Emitter &emit, const Frame &frame, const Tile &tile) const {
  DotShape shape = row.getShape();
  int64_t pixels = pixelsOf(tile.height, tile.width);
  Value zero = emit.integer(emit.intType(32, shape.lanes()), 0);
  SmallVector<Value> sums;
  Tile narrow = tile;
  narrow.panel.vectors = 1;
  Accumulators initial(llvm::divideCeil(pixels, shape.m) * packing.blocksPerVector(), zero);
  Value ones = emit.address(frame.parameters, onesOffset);
  for (ArrayRef<Value> pixel :
       unpack(emit, narrow, reduce(emit, {frame.input, ones, {}}, narrow, std::move(initial))))
    sums.push_back(pixel.front());
  return sums;
}

/// Σ (a·(w + o)) - (z_w + o)·Σ a = Σ a·(w - z_w).
void DotKernel::subtractRowSums(Emitter &emit, const Frame &frame, const Tile &tile,
                                SmallVectorImpl<SmallVector<Value>> &results) const {
  SmallVector<Value> sums = rowSums(emit, frame, tile);
  int64_t lanes = rows.getLanes();
  if (uniformFactor)
    for (Value &sum : sums)
      sum = emit.mul(sum, *uniformFactor);
  Value factors = emit.address(frame.parameters, rowSumOffset);
  for (int64_t v = 0; v < tile.panel.vectors; ++v) {
    Value offset = emit.mul(emit.add(frame.firstLane, v * lanes), 4);
    Value factor;
    if (!uniformFactor)
      factor = emit.load(emit.intType(32, lanes), emit.address(factors, offset), 4);
    for (auto [pixel, sum] : llvm::zip(results, sums))
      pixel[v] = emit.sub(pixel[v], factor ? emit.mul(sum, factor) : sum);
  }
}

} // namespace qopt::codegen

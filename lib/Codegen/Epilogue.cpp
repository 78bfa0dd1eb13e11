// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Requantization, residual, clamp and store of register tiles.
#include "qopt/Codegen/Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Bounds that no code reaches, for a requantizer whose result is saturated later.
constexpr int32_t kWide = 1 << 15;

static int32_t valueOf(ArrayRef<int32_t> values, int64_t channel) {
  return values[values.size() == 1 ? 0 : channel];
}

/// Proof that every product (plus residual) can be rounded without a clamp.
static bool productsFit(const ResultSpec &result, bool hasResidual, double limit) {
  double addend = hasResidual ? 255.0 * result.residualMultiplier : 0.0;
  return llvm::all_of(result.multipliers, [&](const Multiplier &m) {
    double product = static_cast<double>(result.maxAbsAccumulator) * realValue(m);
    return (product + addend) * 1.0001 < limit;
  });
}

/// What results stay below that fit 16 bits with any zero point.
constexpr double kWordLimit = 32767 - 256;

Epilogue::Epilogue(const RowSet &rows, const ResultSpec &result, const BufferLayout &output,
                   const BufferLayout *residual, const LaneOrder &order, ParameterBlock &block)
    : rows(rows), output(output), residual(residual), laneCount(order.lanes.size()),
      isFloat(result.isFloat()), isRaw(result.accumulators) {
  if (isRaw)
    return;
  if (isFloat) {
    SmallVector<int32_t> scales;
    for (int64_t channel : order.lanes)
      scales.push_back(llvm::bit_cast<int32_t>(
          result.floatScales[result.floatScales.size() == 1 ? 0 : channel]));
    scaleOffset = block.append(ArrayRef<int32_t>(scales));
    return;
  }
  RequantizeSpec spec;
  for (int64_t channel : order.lanes)
    spec.multipliers.push_back(result.multipliers[result.multipliers.size() == 1 ? 0 : channel]);
  spec.lower = {-kWide}, spec.upper = {kWide};
  spec.maxAbsAccumulator = result.maxAbsAccumulator;
  requantizer.emplace(rows, std::move(spec));
  inRange = std::holds_alternative<Fp32Multiplier>(result.multipliers.front())
                ? productsFit(result, residual != nullptr, rows.getRoundingLimit())
                : requantizer->fitsInt32();
  fitsWords = inRange && productsFit(result, residual != nullptr, kWordLimit);
  if (requantizer->hasBlock())
    blockOffset = block.append(ArrayRef<char>(requantizer->packBlock(laneCount)));
  block.setField(ParameterBlock::Zero, output.zeroAtRest());
  if (residual) {
    block.setField(ParameterBlock::ResidualZero, residual->zeroAtRest());
    block.setField(ParameterBlock::ResidualMultiplier,
                   llvm::bit_cast<int32_t>(result.residualMultiplier));
  }
  packBounds(result, order, block);
}

void Epilogue::packBounds(const ResultSpec &result, const LaneOrder &order, ParameterBlock &block) {
  int32_t flip = output.flipped ? 128 : 0;
  if (llvm::all_equal(result.lower) && llvm::all_equal(result.upper)) {
    bool all = result.lower.front() == -128 && result.upper.front() == 127;
    bounds = all ? Bounds::Storage : Bounds::Uniform;
    block.setField(ParameterBlock::Lower, result.lower.front() + flip);
    block.setField(ParameterBlock::Upper, result.upper.front() + flip);
    return;
  }
  bounds = Bounds::PerChannel;
  SmallVector<char> lower, upper;
  for (int64_t channel : order.stored) {
    lower.push_back(static_cast<char>(valueOf(result.lower, channel) + flip));
    upper.push_back(static_cast<char>(valueOf(result.upper, channel) + flip));
  }
  lowerOffset = block.append(ArrayRef<char>(lower));
  upperOffset = block.append(ArrayRef<char>(upper));
}

std::string Epilogue::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (isRaw)
    return "accumulators";
  if (isFloat) {
    stream << "float@" << scaleOffset;
    return text;
  }
  stream << requantizer->getSignature() << " lanes" << laneCount << " in" << inRange << fitsWords
         << " b" << static_cast<int>(bounds) << " o" << output.flipped << (output.zeroAtRest() == 0)
         << " @" << blockOffset << "," << lowerOffset << "," << upperOffset;
  if (residual)
    stream << " res" << residual->flipped << (residual->zeroAtRest() == 0);
  return text;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static Value slice(Emitter &emit, Value vector, int64_t first, int64_t count) {
  if (Emitter::widthOf(vector) == count)
    return vector;
  return vector::ExtractStridedSliceOp::create(emit.builder, emit.loc, vector,
                                               ArrayRef<int64_t>{first}, ArrayRef<int64_t>{count},
                                               ArrayRef<int64_t>{1});
}

static Value insert(Emitter &emit, Value piece, Value into, int64_t first) {
  return vector::InsertStridedSliceOp::create(emit.builder, emit.loc, piece, into,
                                              ArrayRef<int64_t>{first}, ArrayRef<int64_t>{1});
}

/// Calls fn(first, size) for pieces of falling powers of two.
static void forPieces(int64_t count, llvm::function_ref<void(int64_t, int64_t)> fn) {
  for (int64_t first = 0; first < count;) {
    int64_t size = llvm::bit_floor(static_cast<uint64_t>(count - first));
    fn(first, size);
    first += size;
  }
}

/// Two or four bytes as one integer: some machines have no such short vectors.
static Value asWord(Emitter &emit, Value bytes) {
  unsigned bits = 8 * Emitter::widthOf(bytes);
  auto type = VectorType::get({1}, emit.builder.getIntegerType(bits));
  Value word = vector::BitCastOp::create(emit.builder, emit.loc, type, bytes);
  return vector::ExtractOp::create(emit.builder, emit.loc, word, int64_t{0});
}

void storePrefix(Emitter &emit, Value vector, int64_t count, Value pointer, int64_t alignment) {
  if (!isa<VectorType>(vector.getType()))
    return emit.store(vector, pointer);
  int64_t bytes = getElementTypeOrSelf(vector).getIntOrFloatBitWidth() / 8;
  forPieces(std::min(count, Emitter::widthOf(vector)), [&](int64_t first, int64_t size) {
    Value piece = slice(emit, vector, first, size);
    if (bytes == 1 && (size == 2 || size == 4))
      piece = asWord(emit, piece);
    int64_t known = llvm::MinAlign(std::max(alignment, bytes), first * bytes);
    emit.store(piece, emit.address(pointer, first * bytes), known);
  });
}

Value loadPrefix(Emitter &emit, int64_t count, int64_t width, Value pointer) {
  if (count >= width)
    return emit.load(emit.intType(8, width), pointer);
  Value whole = emit.integer(emit.intType(8, width), 0);
  forPieces(count, [&](int64_t first, int64_t size) {
    Type type = VectorType::get({size}, emit.builder.getI8Type());
    whole = insert(emit, emit.load(type, emit.address(pointer, first)), whole, first);
  });
  return whole;
}

//===----------------------------------------------------------------------===//
// The pieces of the epilogue
//===----------------------------------------------------------------------===//

Epilogue::State Epilogue::prepare(Emitter &emit, Value parameters) const {
  State state;
  state.parameters = parameters;
  if (isFloat || isRaw)
    return state;
  auto field = [&](ParameterBlock::Field which, Type type) {
    return emit.load(type, emit.address(parameters, static_cast<int64_t>(which)), 4);
  };
  int64_t lanes = rows.getLanes(), bytes = lanes * rows.getNarrowGroup();
  Type word = emit.intType(32);
  // A zero point that is 0 at rest, as behind every ReLU, costs nothing once it is a constant.
  auto zeroOf = [&](const BufferLayout &layout, ParameterBlock::Field which) {
    return layout.zeroAtRest() == 0 ? emit.integer(word, 0) : field(which, word);
  };
  state.zero = rows.prepareZero(emit, zeroOf(output, ParameterBlock::Zero));
  if (residual) {
    state.residualZero = emit.broadcast(zeroOf(*residual, ParameterBlock::ResidualZero), lanes);
    state.residualMultiplier =
        emit.broadcast(field(ParameterBlock::ResidualMultiplier, emit.floatType()), lanes);
  }
  if (bounds == Bounds::Uniform) {
    state.lower = emit.broadcast(emit.truncate(field(ParameterBlock::Lower, word), 8), bytes);
    state.upper = emit.broadcast(emit.truncate(field(ParameterBlock::Upper, word), 8), bytes);
  }
  return state;
}

RequantizeBuilder::Operands Epilogue::loadOperands(Emitter &emit, const State &state,
                                                   Value lane) const {
  Value block = emit.address(state.parameters, blockOffset);
  RequantizeBuilder::Operands operands =
      requantizer->loadOperands(emit, block, laneCount, lane, rows.getLanes());
  if (residual)
    operands.residual = state.residualMultiplier;
  return operands;
}

Value Epilogue::requantize(Emitter &emit, Value accumulator,
                           const RequantizeBuilder::Operands &operands, Value residual) const {
  if (inRange)
    return requantizer->emitUnclamped(emit, accumulator, operands, residual);
  return requantizer->emitCodes(emit, accumulator, operands, residual);
}

Value Epilogue::loadResidual(Emitter &emit, const State &state, Value pointer,
                             int64_t readable) const {
  Value codes = loadPrefix(emit, readable, rows.getLanes(), pointer);
  return emit.sub(emit.extend(codes, 32, !residual->flipped), state.residualZero);
}

/// The bounds of a vector of codes that holds the lanes beginning at each of `lanes`. Put together
/// from words: a back end gets vectors of bytes wrong that are put together from shorter ones
/// (LLVM 22 on a machine of 128-byte vectors repeats the first byte three times).
Value Epilogue::boundVector(Emitter &emit, const State &state, int64_t offset,
                            ArrayRef<Value> lanes, int64_t width) const {
  Value base = emit.address(state.parameters, offset);
  if (lanes.size() == 1)
    return emit.load(emit.intType(8, width), emit.address(base, lanes.front()));
  auto words = [&](int64_t bytes) {
    return VectorType::get({bytes / 4}, emit.builder.getI32Type());
  };
  int64_t part = width / lanes.size();
  Value whole = emit.integer(words(width), 0);
  for (auto [i, lane] : llvm::enumerate(lanes)) {
    Value piece = emit.load(words(part), emit.address(base, lane), 1);
    whole = insert(emit, piece, whole, i * part / 4);
  }
  auto bytes = VectorType::get({width}, emit.builder.getI8Type());
  return vector::BitCastOp::create(emit.builder, emit.loc, bytes, whole);
}

Value Epilogue::clampCodes(Emitter &emit, const State &state, Value codes,
                           ArrayRef<Value> lanes) const {
  if (bounds == Bounds::Storage)
    return codes;
  Value lower = state.lower, upper = state.upper;
  int64_t width = Emitter::widthOf(codes);
  if (bounds == Bounds::PerChannel) {
    lower = boundVector(emit, state, lowerOffset, lanes, width);
    upper = boundVector(emit, state, upperOffset, lanes, width);
  } else if (width < Emitter::widthOf(lower)) { // vectors of a depthwise kernel may be shorter
    lower = slice(emit, lower, 0, width);
    upper = slice(emit, upper, 0, width);
  }
  if (output.flipped) {
    codes = arith::MaxUIOp::create(emit.builder, emit.loc, codes, lower);
    return arith::MinUIOp::create(emit.builder, emit.loc, codes, upper);
  }
  return emit.min(emit.max(codes, lower), upper);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

void Epilogue::emitTile(Emitter &emit, const State &state, const TileResults &tile) const {
  if (isFloat || isRaw)
    emitWords(emit, state, tile);
  else
    emitCodes(emit, state, tile);
}

void Epilogue::emitWords(Emitter &emit, const State &state, const TileResults &tile) const {
  int64_t lanes = rows.getLanes();
  Value base = emit.address(state.parameters, scaleOffset);
  for (size_t v = 0; v < tile.accumulators.front().size(); ++v) {
    Value scale;
    if (isFloat) {
      Value offset = emit.mul(emit.add(tile.firstLane, v * lanes), 4);
      scale = emit.load(emit.floatType(lanes), emit.address(base, offset), 4);
    }
    for (auto [pixel, pointer] : llvm::zip(tile.accumulators, tile.outputs))
      storePrefix(emit, isFloat ? emitFloatResult(emit, pixel[v], scale) : pixel[v],
                  tile.channels - v * lanes, emit.address(pointer, v * lanes * 4));
  }
}

Value Epilogue::requantizeAt(Emitter &emit, const State &state, const TileResults &tile,
                             int64_t pixel, int64_t v,
                             const RequantizeBuilder::Operands &operands) const {
  int64_t lanes = rows.getLanes();
  Value addend;
  if (residual)
    addend = loadResidual(emit, state, emit.address(tile.residuals[pixel], v * lanes),
                          tile.channels - v * lanes);
  return requantize(emit, tile.accumulators[pixel][v], operands, addend);
}

/// Group by group, so that accumulators die as early as they can, or vector by vector, so that
/// operands do.
void Epilogue::emitCodes(Emitter &emit, const State &state, const TileResults &tile) const {
  int64_t lanes = rows.getLanes(), group = rows.getNarrowGroup();
  int64_t pixels = tile.accumulators.size(), vectors = tile.accumulators.front().size();
  SmallVector<RequantizeBuilder::Operands> operands;
  SmallVector<Value> results(pixels * vectors);
  for (int64_t v = 0; v < vectors; ++v) {
    operands.push_back(loadOperands(emit, state, emit.add(tile.firstLane, v * lanes)));
    for (int64_t pixel = 0; rows.keepsOperands() && pixel < pixels; ++pixel)
      results[pixel * vectors + v] = requantizeAt(emit, state, tile, pixel, v, operands[v]);
  }
  for (int64_t first = 0; first < pixels * vectors; first += group) {
    int64_t count = std::min(group, pixels * vectors - first);
    for (int64_t i = first; i < first + count; ++i)
      if (!results[i])
        results[i] =
            requantizeAt(emit, state, tile, i / vectors, i % vectors, operands[i % vectors]);
    storeGroup(emit, state, tile, first, ArrayRef<Value>(results).slice(first, count));
  }
}

/// Whether pixels of a tile's row follow one another without a gap, all their bytes in the tile.
bool Epilogue::isGapless(const TileResults &tile) const {
  int64_t bytes = tile.accumulators.front().size() * rows.getLanes();
  return rows.getLanes() > 1 && tile.rowPixels > 1 && output.pixelStride == bytes &&
         tile.writable == bytes;
}

void Epilogue::storeGroup(Emitter &emit, const State &state, const TileResults &tile, int64_t first,
                          ArrayRef<Value> values) const {
  int64_t lanes = rows.getLanes(), vectors = tile.accumulators.front().size();
  int64_t count = values.size();
  SmallVector<Value> padded(values), firstLanes;
  padded.resize(rows.getNarrowGroup(), values.back());
  for (size_t i = 0; i < padded.size(); ++i)
    firstLanes.push_back(emit.add(tile.firstLane, (first + i) % vectors * lanes));
  Value codes = fitsWords ? rows.narrowWords(emit, padded, state.zero, output.flipped)
                          : rows.narrow(emit, padded, state.zero, output.flipped);
  codes = clampCodes(emit, state, codes, firstLanes);
  bool gapless = isGapless(tile);
  int64_t alignment = output.alignmentAt(tile.channelMultiple);
  // Neighbouring vectors of one pixel, or of a row of pixels without gaps, are stored together.
  for (int64_t i = 0; i < count;) {
    int64_t pixel = (first + i) / vectors, v = (first + i) % vectors;
    int64_t room = vectors - v;
    if (gapless)
      room += (tile.rowPixels - 1 - pixel % tile.rowPixels) * vectors;
    int64_t run = std::min(room, count - i);
    int64_t writable = gapless ? run * lanes : std::min(run * lanes, tile.writable - v * lanes);
    Value piece = lanes == 1 ? codes : slice(emit, codes, i * lanes, run * lanes);
    storePrefix(emit, piece, writable, emit.address(tile.outputs[pixel], v * lanes),
                llvm::MinAlign(alignment, v * lanes));
    i += run;
  }
}

} // namespace qopt::codegen

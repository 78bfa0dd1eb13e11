// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The depthwise convolution of machines with a four-way dot.
#include "qopt/Codegen/QuadDepthwiseKernel.h"
#include "qopt/Codegen/DotPacking.h"
#include "qopt/Codegen/KernelNames.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <numeric>

using namespace mlir;

namespace qopt::codegen {

/// Larger kernels would make too much code: all taps of a pixel are laid out in line.
constexpr int64_t kMaxTaps = 121;
/// Gathering more pixels than this costs more than it saves.
constexpr int64_t kMaxGathered = 32;
/// Carrying more vectors than this along a row would spill.
constexpr int64_t kMaxCarried = 12;

//===----------------------------------------------------------------------===//
// Plan and constants
//===----------------------------------------------------------------------===//

/// Pixels side by side that make a vector, where one has too few channels.
static int64_t pixelsPerVector(const DotLayer &layer, int64_t blockChannels) {
  return std::max<int64_t>(1, blockChannels / layer.output.c);
}

static bool fillsVectors(const DotLayer &layer, const QuadRow &quads) {
  int64_t channels = layer.output.c, blockChannels = quads.getBlockChannels();
  if (channels >= blockChannels)
    return true;
  int64_t pixels = pixelsPerVector(layer, blockChannels);
  if (pixels * channels != blockChannels && !quads.takesParts())
    return false;
  if (pixels == 1)
    return true;
  bool reachesPixels =
      layer.window.width.stride == 1 || (quads.gathersPixels() && pixels <= kMaxGathered);
  return reachesPixels && layer.input.pixelStride == channels &&
         layer.output.pixelStride == channels && layer.output.w >= pixels;
}

bool QuadDepthwiseKernel::serves(const DotLayer &layer, const RowSet &rows) {
  const QuadRow *quads = rows.getQuadRow();
  return quads && layer.outputsPerGroup() == 1 && !layer.result.isFloat() &&
         quads->acceptsActivations(layer.input.flipped) &&
         (!quads->needsNarrowWeights() || layer.hasNarrowWeights()) &&
         fillsVectors(layer, *quads) &&
         layer.window.height.kernel * layer.window.width.kernel <= kMaxTaps &&
         llvm::all_of(layer.weightZeroPoints, [](int32_t zero) { return zero == 0; });
}

int64_t QuadDepthwiseKernel::blockCount() const {
  return llvm::divideCeil(layer.output.c, quads.getBlockChannels());
}
int64_t QuadDepthwiseKernel::usedBytes() const {
  return std::min(quads.getBlockChannels(), pixels * layer.output.c);
}
int64_t QuadDepthwiseKernel::quadCount() const {
  return llvm::divideCeil(layer.window.height.kernel, 4);
}
int64_t QuadDepthwiseKernel::resultRows() const {
  const WindowDim &height = layer.window.height;
  return height.kernel == 3 && height.stride == 1 && height.dilation == 1 ? 2 : 1;
}
int64_t QuadDepthwiseKernel::carriedColumns() const {
  const WindowDim &width = layer.window.width;
  int64_t again = std::max<int64_t>(0, width.kernel - width.stride * pixels);
  bool fits = again * quadCount() * vectors <= kMaxCarried;
  return width.dilation == 1 && fits ? again : 0;
}
int64_t QuadDepthwiseKernel::weightBytesPerBlock() const {
  return layer.window.width.kernel * quadCount() * resultRows() * 4 * quads.getBlockChannels();
}
int64_t QuadDepthwiseKernel::getUnits() const {
  return layer.output.n * llvm::divideCeil(layer.output.h, resultRows());
}
int64_t QuadDepthwiseKernel::getMacsPerUnit() const {
  return 4 * resultRows() * layer.output.w * layer.output.c * layer.window.height.kernel *
         layer.window.width.kernel;
}

QuadDepthwiseKernel::QuadDepthwiseKernel(const DotLayer &layer, const RowSet &rows)
    : layer(layer), rows(rows), quads(*rows.getQuadRow()),
      pixels(pixelsPerVector(layer, quads.getBlockChannels())),
      vectors(quads.getBlockChannels() / rows.getLanes()) {
  int64_t blockChannels = quads.getBlockChannels(), lanes = rows.getLanes();
  SmallVector<int64_t> firstChannels;
  SmallVector<int32_t> channelBias = effectiveBias(layer), bias;
  LaneOrder order;
  for (int64_t b = 0; b < blockCount(); ++b) {
    // The last block overlaps the one before it, so that nothing outside a pixel is touched.
    int64_t first =
        std::max<int64_t>(0, std::min(b * blockChannels, layer.output.c - blockChannels));
    firstChannels.push_back(first);
    for (int64_t lane = 0; lane < blockChannels; ++lane) {
      order.lanes.push_back(channelOf(first, quads.getChannel(lane / lanes, lane % lanes)));
      order.stored.push_back(channelOf(first, lane));
      bias.push_back(channelBias[order.lanes.back()]);
    }
  }
  biasChannels = order.lanes;
  biasOffset = block.append(ArrayRef<int32_t>(bias));
  packWeights(firstChannels);
  epilogue.emplace(rows, this->layer.result, this->layer.output, nullptr, order, block);
}

/// The weight of the image row `quadRow` (counted from the strip's first) for the result row
/// `result`: zero outside of the kernel.
int32_t QuadDepthwiseKernel::weightAt(int64_t channel, int64_t quadRow, int64_t result,
                                      int64_t x) const {
  int64_t y = quadRow - result;
  return y >= 0 && y < layer.window.height.kernel ? layer.weight(channel, y, x, 0) : 0;
}

/// [block][column][quad][result][vector][lane][4]
void QuadDepthwiseKernel::packWeights(ArrayRef<int64_t> firstChannels) {
  SmallVector<char> bytes;
  for (int64_t first : firstChannels)
    for (int64_t x = 0; x < layer.window.width.kernel; ++x)
      for (int64_t quad = 0; quad < quadCount(); ++quad)
        for (int64_t result = 0; result < resultRows(); ++result)
          for (int64_t vector = 0; vector < vectors; ++vector)
            for (int64_t lane = 0; lane < rows.getLanes(); ++lane)
              for (int64_t i = 0; i < 4; ++i)
                bytes.push_back(static_cast<char>(weightAt(
                    channelOf(first, quads.getChannel(vector, lane)), 4 * quad + i, result, x)));
  weightOffset = block.append(ArrayRef<char>(bytes));
}

std::string QuadDepthwiseKernel::getName() const {
  return "dwconv_" + windowName(layer.window) + "_" + std::to_string(quads.getBlockChannels()) +
         "x4__" + rows.getDotRow().getName().str();
}

std::string QuadDepthwiseKernel::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  describe(stream, layer.input);
  describe(stream, layer.output);
  describe(stream, layer.window);
  stream << " @" << biasOffset << "," << weightOffset << " " << epilogue->getSignature();
  return text;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

QuadDepthwiseKernel::Frame QuadDepthwiseKernel::frameOf(Emitter &emit, ValueRange pointers,
                                                        const Epilogue::State &state, Value image,
                                                        Value strip) const {
  const BufferLayout &in = layer.input, &out = layer.output;
  const Window &window = layer.window;
  int64_t origin = -window.height.padLow * in.rowStride - window.width.padLow * in.pixelStride;
  auto place = [&](Value pointer, const BufferLayout &layout, int64_t advance) {
    return emit.address(pointer,
                        emit.add(emit.mul(image, layout.imageStride), emit.mul(strip, advance)));
  };
  Frame frame;
  frame.parameters = pointers[1], frame.state = state;
  int64_t advance = resultRows() * window.height.stride * in.rowStride;
  frame.input = emit.address(place(pointers[0], in, advance), origin);
  frame.output = place(pointers[2], out, resultRows() * out.rowStride);
  return frame;
}

void QuadDepthwiseKernel::emit(OpBuilder &builder, Location loc, ValueRange pointers, Value begin,
                               Value end) const {
  Emitter emit(builder, loc);
  int64_t results = resultRows(), strips = llvm::divideCeil(layer.output.h, results);
  int64_t rest = layer.output.h % results;
  Epilogue::State state = epilogue->prepare(emit, pointers[1]);
  if (runsByVector()) {
    emitByVector(emit, pointers, state, begin, end);
    if (rest == 0)
      return;
  }
  emit.forLoop(begin, end, 1, [&](Value unit) {
    Value image = arith::DivUIOp::create(builder, loc, unit, emit.index(strips));
    Value strip = arith::RemUIOp::create(builder, loc, unit, emit.index(strips));
    Frame frame = frameOf(emit, pointers, state, image, strip);
    if (rest == 0)
      return emitStrip(emit, frame, results);
    Value isLast = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, strip,
                                         emit.index(strips - 1));
    auto branch = scf::IfOp::create(builder, loc, isLast, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(branch.thenBlock()->getTerminator());
    emitStrip(emit, frame, rest);
    builder.setInsertionPoint(branch.elseBlock()->getTerminator());
    if (!runsByVector())
      emitStrip(emit, frame, results);
  });
}

/// A strip at a block of channels, without its operands.
QuadDepthwiseKernel::Frame QuadDepthwiseKernel::blockOf(Emitter &emit, const Frame &strip,
                                                        Value block) const {
  int64_t channels = quads.getBlockChannels();
  int64_t last = std::max<int64_t>(0, layer.output.c - channels);
  Frame frame = strip;
  frame.firstLane = emit.mul(block, channels);
  Value first = arith::MinUIOp::create(emit.builder, emit.loc, frame.firstLane, emit.index(last));
  frame.input = emit.address(strip.input, first);
  frame.output = emit.address(strip.output, first);
  return frame;
}

void QuadDepthwiseKernel::loadOperands(Emitter &emit, Frame &frame) const {
  for (int64_t v = 0; v < vectors; ++v)
    frame.operands.push_back(
        epilogue->loadOperands(emit, frame.state, emit.add(frame.firstLane, v * rows.getLanes())));
}

void QuadDepthwiseKernel::emitStrip(Emitter &emit, const Frame &strip, int64_t results) const {
  emit.forLoop(0, blockCount(), 1, [&](Value b) {
    Frame frame = blockOf(emit, strip, b);
    loadOperands(emit, frame);
    emitBlock(emit, frame, results);
  });
}

/// `count` results side by side from input column `x`·stride on: each column is loaded once, unless
/// it was `carried` here. Returns the columns that the next results need again.
SmallVector<Value> QuadDepthwiseKernel::emitResults(Emitter &emit, const Frame &frame, Value x,
                                                    int64_t count, ValueRange carried,
                                                    int64_t results) const {
  const WindowDim &width = layer.window.width;
  int64_t perColumn = quadCount() * vectors, advance = width.stride * pixels;
  llvm::MapVector<int64_t, Column> columns; // by distance from the first
  for (size_t column = 0; column * perColumn < carried.size(); ++column)
    columns[column] = Column(carried.slice(column * perColumn, perColumn));
  for (int64_t i = 0; i < count; ++i)
    for (int64_t tap = 0; tap < width.kernel; ++tap) {
      int64_t distance = i * advance + tap * width.dilation;
      if (!columns.contains(distance))
        columns[distance] = loadColumn(emit, frame, x, distance, results);
    }
  SmallVector<SmallVector<Column>> windows(count);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t tap = 0; tap < width.kernel; ++tap)
      windows[i].push_back(columns[i * advance + tap * width.dilation]);
  emitPixels(emit, frame, x, windows, results);
  SmallVector<Value> next;
  for (int64_t column = 0; column < carriedColumns(); ++column)
    next.append(columns[count * advance + column]);
  return next;
}

/// The row of a block of channels: columns that neighbouring results share travel in registers.
void QuadDepthwiseKernel::emitBlock(Emitter &emit, const Frame &frame, int64_t results) const {
  SmallVector<Value> carried;
  for (int64_t column = 0; column < carriedColumns(); ++column)
    carried.append(loadColumn(emit, frame, emit.index(0), column, results));
  int64_t begin = 0, end = layer.output.w / pixels * pixels;
  int64_t most = layer.window.width.stride == 1 ? quads.getPixelsPerStep() : 1;
  for (int64_t count = most; count >= 1; --count) {
    int64_t step = count * pixels, stop = begin + (end - begin) / step * step;
    auto body = [&](Value x, ValueRange values) {
      return emitResults(emit, frame, x, count, values, results);
    };
    if (begin == stop)
      continue;
    if (carried.empty())
      emit.forLoop(begin, stop, step, [&](Value x) { body(x, {}); });
    else
      carried = emit.forLoop(emit.index(begin), emit.index(stop), step, carried, body);
    begin = stop;
  }
  if (end != layer.output.w) // the last vector overlaps the one before it
    emitResults(emit, frame, emit.index(layer.output.w - pixels), 1, {}, results);
}

/// A vector from an address on, or as much of it as the layer fills.
Value QuadDepthwiseKernel::loadUsed(Emitter &emit, Value address) const {
  int64_t bytes = quads.getBlockChannels();
  if (usedBytes() < bytes)
    return loadPrefix(emit, usedBytes(), bytes, address);
  return emit.load(emit.intType(8, bytes), address, layer.input.alignmentAt(channelMultiple()));
}

/// One row of the image from an address on. Results that lie further apart than their pixels are
/// side by side put each pixel into its place from a load of its own.
Value QuadDepthwiseKernel::loadRow(Emitter &emit, Value address) const {
  int64_t bytes = quads.getBlockChannels(), apart = layer.window.width.stride - 1;
  Value row = loadUsed(emit, address);
  for (int64_t pixel = 1; apart > 0 && pixel < pixels; ++pixel) {
    int64_t first = pixel * layer.output.c;
    Value from = loadUsed(emit, emit.address(address, pixel * apart * layer.input.pixelStride));
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < bytes; ++i)
      mask.push_back(i < first ? i : bytes + i);
    row = vector::ShuffleOp::create(emit.builder, emit.loc, row, from, mask);
  }
  return row;
}

/// What the first channels of all blocks are multiples of.
int64_t QuadDepthwiseKernel::channelMultiple() const {
  int64_t block = quads.getBlockChannels(), channels = layer.output.c;
  return channels > block ? std::gcd(block, channels - block) : std::min(block, channels);
}

QuadDepthwiseKernel::Column QuadDepthwiseKernel::loadColumn(Emitter &emit, const Frame &frame,
                                                            Value x, int64_t distance,
                                                            int64_t results) const {
  const Window &window = layer.window;
  const BufferLayout &in = layer.input;
  Value base = emit.address(frame.input, emit.mul(x, window.width.stride * in.pixelStride));
  base = emit.address(base, distance * in.pixelStride);
  int64_t lastRow = window.height.kernel - 1 + results - 1;
  Column values;
  for (int64_t quad = 0; quad < quadCount(); ++quad) {
    SmallVector<Value> imageRows;
    for (int64_t i = 0; i < 4; ++i) {
      // Rows below the window have weight zero: any row that exists serves.
      int64_t row = std::min(4 * quad + i, lastRow) * window.height.dilation;
      imageRows.push_back(loadRow(emit, emit.address(base, row * in.rowStride)));
    }
    values.append(quads.interleave(emit, imageRows));
  }
  return values;
}

Value QuadDepthwiseKernel::weightsOf(Emitter &emit, const Frame &frame, int64_t x, int64_t quad,
                                     int64_t result, int64_t vector) const {
  int64_t channels = quads.getBlockChannels();
  int64_t index = ((x * quadCount() + quad) * resultRows() + result) * vectors + vector;
  Value base = emit.address(frame.parameters, weightOffset);
  Value ofBlock = emit.address(base, emit.mul(frame.firstLane, weightBytesPerBlock() / channels));
  int64_t bytes = 4 * rows.getLanes();
  return emit.load(emit.intType(8, bytes), emit.address(ofBlock, index * bytes), bytes);
}

/// Where results side by side share operands, so do the rows of results.
void QuadDepthwiseKernel::emitPixels(Emitter &emit, const Frame &frame, Value x,
                                     ArrayRef<SmallVector<Column>> windows, int64_t results) const {
  int64_t together = quads.getPixelsPerStep() > 1 ? results : 1;
  for (int64_t first = 0; first < results; first += together) {
    SmallVector<Sums> sums(together * windows.size());
    for (int64_t v = 0; v < vectors; ++v)
      for (int64_t row = 0; row < together; ++row)
        emitVector(emit, frame, windows, first + row, v,
                   MutableArrayRef<Sums>(sums).slice(row * windows.size(), windows.size()));
    for (auto [index, values] : llvm::enumerate(sums)) {
      int64_t row = first + index / windows.size(), i = index % windows.size();
      storeCodes(emit, frame, values, x,
                 row * layer.output.rowStride + i * pixels * layer.output.pixelStride);
    }
  }
}

/// Appends the requantized sums of vector `v` to those of each window.
void QuadDepthwiseKernel::emitVector(Emitter &emit, const Frame &frame,
                                     ArrayRef<SmallVector<Column>> windows, int64_t result,
                                     int64_t v, MutableArrayRef<Sums> sums) const {
  int64_t lanes = rows.getLanes();
  Value bias =
      emit.address(emit.address(frame.parameters, biasOffset), emit.mul(frame.firstLane, 4));
  Value start = emit.load(emit.intType(32, lanes), emit.address(bias, v * lanes * 4), 4 * lanes);
  SmallVector<Value> partial(windows.size(), start);
  for (int64_t tap = 0; tap < layer.window.width.kernel; ++tap)
    for (int64_t quad = 0; quad < quadCount(); ++quad) {
      Value weights = weightsOf(emit, frame, tap, quad, result, v);
      for (auto [sum, window] : llvm::zip_equal(partial, windows))
        sum = quads.dot(emit, sum, weights, window[tap][quad * vectors + v]);
    }
  for (auto [values, sum] : llvm::zip_equal(sums, partial))
    values.push_back(epilogue->requantize(emit, sum, frame.operands[v]));
}

void QuadDepthwiseKernel::storeCodes(Emitter &emit, const Frame &frame, ArrayRef<Value> sums,
                                     Value x, int64_t offset) const {
  bool isUnsigned = epilogue->isFlipped();
  Value codes = epilogue->resultsFitWords()
                    ? quads.narrowWords(emit, sums, frame.state.zero, isUnsigned)
                    : quads.narrow(emit, sums, frame.state.zero, isUnsigned);
  codes = epilogue->clampCodes(emit, frame.state, codes, frame.firstLane);
  Value pixel = emit.address(frame.output, emit.mul(x, layer.output.pixelStride));
  storePrefix(emit, codes, usedBytes(), emit.address(pixel, offset),
              layer.output.alignmentAt(channelMultiple()));
}

} // namespace qopt::codegen

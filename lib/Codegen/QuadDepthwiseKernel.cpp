// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The depthwise convolution of machines with a four-way dot.
#include "qopt/Codegen/QuadDepthwiseKernel.h"
#include "qopt/Codegen/DotPacking.h"
#include "qopt/Codegen/KernelNames.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qopt::codegen {

/// Larger kernels would make too much code: all taps of a pixel are laid out in line.
constexpr int64_t kMaxTaps = 121;
/// Carrying more vectors than this along a row would spill.
constexpr int64_t kMaxCarried = 12;

//===----------------------------------------------------------------------===//
// Plan and constants
//===----------------------------------------------------------------------===//

/// Pixels side by side that make a vector, where one has too few channels.
static int64_t pixelsPerVector(const DotLayer &layer, int64_t blockChannels) {
  return std::max<int64_t>(1, blockChannels / layer.output.c);
}

static bool fillsVectors(const DotLayer &layer, int64_t blockChannels) {
  int64_t channels = layer.output.c;
  if (channels >= blockChannels)
    return true;
  return blockChannels % channels == 0 && layer.window.width.stride == 1 &&
         layer.input.pixelStride == channels && layer.output.pixelStride == channels &&
         layer.output.w >= pixelsPerVector(layer, blockChannels);
}

bool QuadDepthwiseKernel::serves(const DotLayer &layer, const RowSet &rows) {
  const QuadRow *quads = rows.getQuadRow();
  return quads && layer.outputsPerGroup() == 1 && !layer.result.isFloat() &&
         quads->acceptsActivations(layer.input.flipped) &&
         (!quads->needsNarrowWeights() || layer.hasNarrowWeights()) &&
         fillsVectors(layer, quads->getBlockChannels()) &&
         layer.window.height.kernel * layer.window.width.kernel <= kMaxTaps &&
         llvm::all_of(layer.weightZeroPoints, [](int32_t zero) { return zero == 0; });
}

int64_t QuadDepthwiseKernel::blockCount() const {
  return llvm::divideCeil(layer.output.c, quads.getBlockChannels());
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

void QuadDepthwiseKernel::emit(OpBuilder &builder, Location loc, ValueRange pointers, Value begin,
                               Value end) const {
  Emitter emit(builder, loc);
  const BufferLayout &in = layer.input, &out = layer.output;
  const Window &window = layer.window;
  int64_t results = resultRows(), strips = llvm::divideCeil(out.h, results);
  int64_t origin = -window.height.padLow * in.rowStride - window.width.padLow * in.pixelStride;
  Epilogue::State state = epilogue->prepare(emit, pointers[1]);
  emit.forLoop(begin, end, 1, [&](Value unit) {
    Value image = arith::DivUIOp::create(builder, loc, unit, emit.index(strips));
    Value strip = arith::RemUIOp::create(builder, loc, unit, emit.index(strips));
    auto place = [&](Value pointer, const BufferLayout &layout, int64_t advance) {
      return emit.address(pointer,
                          emit.add(emit.mul(image, layout.imageStride), emit.mul(strip, advance)));
    };
    Frame frame;
    frame.parameters = pointers[1], frame.state = state;
    int64_t advance = results * window.height.stride * in.rowStride;
    frame.input = emit.address(place(pointers[0], in, advance), origin);
    frame.output = place(pointers[2], out, results * out.rowStride);
    if (out.h % results == 0)
      return emitStrip(emit, frame, results);
    Value isLast = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, strip,
                                         emit.index(strips - 1));
    auto branch = scf::IfOp::create(builder, loc, isLast, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(branch.thenBlock()->getTerminator());
    emitStrip(emit, frame, out.h % results);
    builder.setInsertionPoint(branch.elseBlock()->getTerminator());
    emitStrip(emit, frame, results);
  });
}

void QuadDepthwiseKernel::emitStrip(Emitter &emit, const Frame &strip, int64_t results) const {
  int64_t channels = quads.getBlockChannels();
  int64_t last = std::max<int64_t>(0, layer.output.c - channels);
  emit.forLoop(0, blockCount(), 1, [&](Value b) {
    Frame frame = strip;
    frame.firstLane = emit.mul(b, channels);
    Value first = arith::MinUIOp::create(emit.builder, emit.loc, frame.firstLane, emit.index(last));
    frame.input = emit.address(strip.input, first);
    frame.output = emit.address(strip.output, first);
    for (int64_t v = 0; v < vectors; ++v)
      frame.operands.push_back(epilogue->loadOperands(
          emit, frame.state, emit.add(frame.firstLane, v * rows.getLanes())));
    emitBlock(emit, frame, results);
  });
}

/// The row of a block of channels: columns that two neighbouring pixels share travel in registers.
void QuadDepthwiseKernel::emitBlock(Emitter &emit, const Frame &frame, int64_t results) const {
  const WindowDim &width = layer.window.width;
  int64_t carried = carriedColumns(), perColumn = quadCount() * vectors;
  SmallVector<Value> initial;
  for (int64_t column = 0; column < carried; ++column)
    initial.append(loadColumn(emit, frame, emit.index(0), column, results));
  auto body = [&](Value x, ValueRange values) {
    SmallVector<Column> columns;
    int64_t known = values.size() / perColumn;
    for (int64_t column = 0; column < known; ++column)
      columns.emplace_back(values.slice(column * perColumn, perColumn));
    for (int64_t column = known; column < width.kernel; ++column)
      columns.push_back(loadColumn(emit, frame, x, column, results));
    emitPixels(emit, frame, x, columns, results);
    SmallVector<Value> next;
    for (int64_t column = width.kernel - carried; column < width.kernel; ++column)
      next.append(columns[column]);
    return next;
  };
  int64_t end = layer.output.w / pixels * pixels;
  if (carried == 0)
    emit.forLoop(0, end, pixels, [&](Value x) { body(x, {}); });
  else
    emit.forLoop(emit.index(0), emit.index(end), pixels, initial, body);
  if (end != layer.output.w) // the last vector overlaps the one before it
    body(emit.index(layer.output.w - pixels), {});
}

QuadDepthwiseKernel::Column QuadDepthwiseKernel::loadColumn(Emitter &emit, const Frame &frame,
                                                            Value x, int64_t column,
                                                            int64_t results) const {
  const Window &window = layer.window;
  const BufferLayout &in = layer.input;
  Value base = emit.address(frame.input, emit.mul(x, window.width.stride * in.pixelStride));
  base = emit.address(base, column * window.width.dilation * in.pixelStride);
  int64_t lastRow = window.height.kernel - 1 + results - 1;
  Column values;
  for (int64_t quad = 0; quad < quadCount(); ++quad) {
    SmallVector<Value> imageRows;
    for (int64_t i = 0; i < 4; ++i) {
      // Rows below the window have weight zero: any row that exists serves.
      int64_t row = std::min(4 * quad + i, lastRow) * window.height.dilation;
      imageRows.push_back(emit.load(emit.intType(8, quads.getBlockChannels()),
                                    emit.address(base, row * in.rowStride)));
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
  return emit.load(emit.intType(8, bytes), emit.address(ofBlock, index * bytes), 16);
}

void QuadDepthwiseKernel::emitPixels(Emitter &emit, const Frame &frame, Value x,
                                     ArrayRef<Column> columns, int64_t results) const {
  int64_t lanes = rows.getLanes();
  Value bias =
      emit.address(emit.address(frame.parameters, biasOffset), emit.mul(frame.firstLane, 4));
  for (int64_t result = 0; result < results; ++result) {
    SmallVector<Value> values;
    for (int64_t v = 0; v < vectors; ++v) {
      Value sum = emit.load(emit.intType(32, lanes), emit.address(bias, v * lanes * 4), 4);
      for (size_t column = 0; column < columns.size(); ++column)
        for (int64_t quad = 0; quad < quadCount(); ++quad)
          sum = quads.dot(emit, sum, weightsOf(emit, frame, column, quad, result, v),
                          columns[column][quad * vectors + v]);
      values.push_back(epilogue->requantize(emit, sum, frame.operands[v]));
    }
    Value codes = quads.narrow(emit, values, frame.state.zero, epilogue->isFlipped());
    codes = epilogue->clampCodes(emit, frame.state, codes, frame.firstLane);
    Value pixel = emit.address(frame.output, emit.mul(x, layer.output.pixelStride));
    emit.store(codes, emit.address(pixel, result * layer.output.rowStride));
  }
}

} // namespace qopt::codegen

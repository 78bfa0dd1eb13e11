// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops around register tiles: panels, images, rows of tiles.
#include "qopt/Codegen/DotKernel.h"
#include "qopt/Codegen/KernelNames.h"
#include "qopt/Codegen/ProgramBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// Plan and constants
//===----------------------------------------------------------------------===//

static DotLayer flattened(DotLayer layer) {
  layer.flatten();
  return layer;
}

DotKernel::DotKernel(const DotLayer &unmerged, const DotRow &row, const RowSet &rows)
    : layer(flattened(unmerged)), row(row), rows(rows),
      packed(packsPixels(layer, row, planReduction(layer, row), rows.getLanes())),
      tiles(planTiles(problemOf(layer, row, packed), row, rows.getLanes())),
      reduction(planReduction(layer, row, columnWalk(layer, row, tiles))),
      packing(layer, row, reduction, tiles, rows.getLanes()) {
  splitIntoUnits();
  SmallVector<int64_t> channels = packing.laneChannels();
  SmallVector<int32_t> channelBias = effectiveBias(layer), bias, factors;
  DotShape shape = row.getShape();
  // In the order of accumulator lanes: n channels, once per pixel of the instruction; the bias is
  // in the first of partial sums.
  for (size_t first = 0; first < channels.size(); first += shape.n)
    for (int64_t sum = 0; sum < shape.m * shape.n; ++sum) {
      biasChannels.push_back(channels[first + sum % shape.n]);
      biasChannels.append(shape.partials - 1, BiasWords::kNone);
    }
  for (int64_t channel : biasChannels)
    bias.push_back(channel == BiasWords::kNone ? 0 : channelBias[channel]);
  biasOffset = block.append(ArrayRef<int32_t>(bias));
  SmallVector<int32_t> channelFactors = packing.rowSumFactors();
  if (llvm::all_equal(channelFactors))
    uniformFactor = channelFactors.front();
  if (uniformFactor != 0) {
    for (int64_t channel : channels)
      factors.push_back(channelFactors[channel]);
    rowSumOffset = block.append(ArrayRef<int32_t>(factors));
    onesOffset = block.append(ArrayRef<char>(packing.packOnes()));
  }
  LaneOrder order{channels, channels};
  epilogue.emplace(rows, layer.result, layer.output, layer.residual ? &*layer.residual : nullptr,
                   order, block);
}

/// A flattened layer is one row, hence one unit per panel, and a single panel would leave one task
/// with all the work. Cut at tiles, so that no tile gets shorter, into units of some weight.
void DotKernel::splitIntoUnits() {
  constexpr int64_t kMaxRows = 32, kMinMacsPerRow = 1 << 16;
  bool isOneRow = layer.output.n == 1 && layer.output.h == 1 && layer.output.w % tiles.width == 0;
  if (!layer.isPointwise() || !isOneRow)
    return;
  int64_t rowTiles = layer.output.w / tiles.width, macs = getMacsPerUnit(), rows = kMaxRows;
  while (rows > 1 && (rowTiles % rows != 0 || macs / rows < kMinMacsPerRow))
    --rows;
  layer.splitRow(rows);
}

int64_t DotKernel::rowBlocks() const { return llvm::divideCeil(layer.output.h, tiles.height); }

int64_t DotKernel::getUnits() const {
  return layer.groups * tiles.panelCount() * layer.output.n * rowBlocks();
}

int64_t DotKernel::getMacsPerUnit() const {
  return tiles.panels.front().channels * tiles.height * layer.output.w * reduction.totalSteps() *
         reduction.taps * row.getStepBytes();
}

/// A part of a map has so many tiles.
constexpr int64_t kMinTilesPerPart = 8;

int64_t DotKernel::tilesPerRow() const { return llvm::divideCeil(layer.output.w, tiles.width); }

/// Bytes of the next panel that a tile brings closer in each step, so that all tiles of a panel
/// together cover it: the next panel is never waited for, and behind the last one lie the constants
/// of the next layer. A panel of very many tiles is not worth the instructions.
int64_t DotKernel::aheadPerStep(int64_t vectors) const {
  int64_t tilesPerPanel = layer.output.n * rowBlocks() * tilesPerRow();
  if (tilesPerPanel < 2 || tilesPerPanel > row.getBudget().prefetchTiles)
    return 0;
  return llvm::divideCeil(packing.stepBytes(vectors), tilesPerPanel);
}

std::string DotKernel::getName() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << (layer.isPointwise() ? "gemm" : "conv_" + windowName(layer.window));
  stream << "_" << tiles.height * tiles.width << "x"
         << tiles.panels.front().vectors * rows.getLanes() << "c" << row.getShape().k << "__"
         << row.getName();
  return text;
}

/// Zero points, weights and multipliers are data.
std::string DotKernel::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << row.getName();
  describe(stream, layer.input);
  describe(stream, layer.output);
  if (layer.residual)
    describe(stream, *layer.residual);
  describe(stream, layer.window);
  stream << " g" << layer.groups << " b" << layer.hasZeroBorder() << " u"
         << (uniformFactor ? std::to_string(*uniformFactor) : "*") << " @" << biasOffset << ","
         << rowSumOffset << "," << onesOffset << " " << epilogue->getSignature();
  return text;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static Value divide(Emitter &emit, Value value, int64_t by) {
  return by == 1 ? value
                 : Value(arith::DivUIOp::create(emit.builder, emit.loc, value, emit.index(by)));
}

static Value remainder(Emitter &emit, Value value, int64_t by) {
  return by == 1 ? emit.index(0)
                 : Value(arith::RemUIOp::create(emit.builder, emit.loc, value, emit.index(by)));
}

void branch(Emitter &emit, Value value, int64_t limit, llvm::function_ref<void()> below,
            llvm::function_ref<void()> above) {
  Value condition = arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::ult, value,
                                          emit.index(limit));
  auto op = scf::IfOp::create(emit.builder, emit.loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(emit.builder);
  emit.builder.setInsertionPoint(op.thenBlock()->getTerminator());
  below();
  emit.builder.setInsertionPoint(op.elseBlock()->getTerminator());
  above();
}

void DotKernel::emit(OpBuilder &builder, Location loc, ValueRange pointers, Value begin,
                     Value end) const {
  Emitter emit(builder, loc);
  Frame frame;
  frame.input = pointers[0], frame.weights = pointers[1], frame.parameters = pointers[2];
  if (layer.residual)
    frame.residual = pointers[3];
  if (sumsFirst())
    frame.sums = pointers.drop_back().back();
  if (packed)
    frame.packs = pointers.drop_back().back();
  frame.output = pointers.back();
  frame.state = epilogue->prepare(emit, frame.parameters);
  if (packed)
    packPixels(emit, frame, begin, end);
  if (frame.sums)
    emitPixelSums(emit, frame, begin, end);
  emit.forLoop(begin, end, 1, [&](Value unit) { emitUnit(emit, frame, unit); });
}

/// Parts of a map that run through all panels one after the other, so that tasks share out pixels
/// and not channels: panels of half a cache line would be written by two tasks. Only where reading
/// the weights once for each part costs nothing.
int64_t DotKernel::mapParts() const {
  bool isNear = packing.panelBytes(tiles.vectorCount()) <= row.getBudget().nearBytes;
  if (!isNear || layer.output.n > 1 || layer.groups > 1 || packed || sumsFirst())
    return 1;
  for (int64_t parts : {4, 2})
    if (rowBlocks() % parts == 0 && rowBlocks() * tilesPerRow() >= kMinTilesPerPart * parts)
      return parts;
  return 1;
}

/// unit = (((part · groups + group) · panels + panel) · images + image) · blocks + block, where
/// blocks are those of a part: there are parts of one image or several images.
void DotKernel::emitUnit(Emitter &emit, const Frame &frame, Value unit) const {
  int64_t parts = mapParts(), blocks = rowBlocks() / parts;
  Value rest = unit;
  auto take = [&](int64_t count) {
    Value digit = remainder(emit, rest, count);
    rest = divide(emit, rest, count);
    return digit;
  };
  Value block = take(blocks), image = take(layer.output.n), panel, group = emit.index(0);
  if (parts == 1 && layer.groups == 1) {
    // The last digit, also where there is but one panel: were it a constant, all weights would be
    // loaded before the loop, and spilled.
    panel = rest;
  } else {
    panel = take(tiles.panelCount()), group = take(layer.groups);
    if (parts > 1)
      block = emit.add(block, emit.mul(rest, blocks));
  }
  if (tiles.panels.size() == 1)
    return emitPanel(emit, frame, tiles.panels[0], 0, group, panel, image, block);
  int64_t full = tiles.panels[0].count;
  branch(
      emit, panel, full,
      [&] { emitPanel(emit, frame, tiles.panels[0], 0, group, panel, image, block); },
      [&] { emitPanel(emit, frame, tiles.panels[1], full, group, panel, image, block); });
}

int64_t DotKernel::inputOffset(int64_t y, int64_t x) const {
  return y * layer.window.height.stride * layer.input.rowStride +
         x * layer.window.width.stride * layer.input.pixelStride;
}

int64_t DotKernel::inputOrigin() const {
  const Window &window = layer.window;
  return -window.height.padLow * layer.input.rowStride -
         window.width.padLow * layer.input.pixelStride;
}

void DotKernel::emitPanel(Emitter &emit, const Frame &frame, const PanelKind &kind,
                          int64_t firstPanel, Value group, Value panel, Value image,
                          Value block) const {
  int64_t lanes = rows.getLanes(), vectorsBefore = firstPanel ? tiles.panels[0].vectors : 0;
  Value local = emit.add(panel, -firstPanel);
  // Vectors of earlier panels of the group, then of earlier groups.
  Value vector = emit.add(emit.mul(local, kind.vectors), firstPanel * vectorsBefore);
  Value allVectors = emit.add(emit.mul(group, tiles.vectorCount()), vector);
  Value channel = emit.add(emit.mul(group, layer.outputsPerGroup()), emit.mul(vector, lanes));

  const BufferLayout &in = layer.input, &out = layer.output;
  auto place = [&](Value pointer, const BufferLayout &layout) {
    Value offset = emit.add(emit.mul(image, layout.imageStride),
                            emit.mul(block, tiles.height * layout.rowStride));
    return emit.address(pointer, emit.add(offset, emit.mul(channel, layout.elementBytes)));
  };
  Frame unit = frame;
  unit.block = block;
  unit.firstLane = emit.mul(allVectors, lanes);
  unit.weights = emit.address(frame.weights, emit.mul(allVectors, packing.panelBytes(1)));
  int64_t tileBytes = aheadPerStep(kind.vectors) * reduction.totalSteps();
  if (tileBytes) {
    Value tile = emit.mul(emit.add(emit.mul(image, rowBlocks()), block), tilesPerRow());
    Value next = emit.address(unit.weights, packing.panelBytes(kind.vectors));
    unit.ahead = emit.address(next, emit.mul(tile, tileBytes));
  }
  if (frame.sums)
    unit.sums = sumsOf(emit, frame.sums, image, block);
  unit.output = place(frame.output, out);
  if (layer.residual)
    unit.residual = place(frame.residual, *layer.residual);
  Value offset =
      emit.add(emit.mul(image, in.imageStride), emit.mul(block, inputOffset(tiles.height, 0)));
  offset = emit.add(offset, emit.mul(group, layer.channelsPerGroup()));
  unit.input = emit.address(frame.input, emit.add(offset, inputOrigin()));
  if (packed)
    unit.input = packsOf(emit, frame.packs, image, block);

  int64_t fullBlocks = out.h / tiles.height, rest = out.h % tiles.height;
  if (rest == 0)
    return emitTileRow(emit, unit, kind, tiles.height);
  branch(
      emit, block, fullBlocks, [&] { emitTileRow(emit, unit, kind, tiles.height); },
      [&] { emitTileRow(emit, unit, kind, rest); });
}

void DotKernel::forTiles(Emitter &emit, int64_t height,
                         llvm::function_ref<void(Value, const Tile &)> fn) const {
  int64_t full = layer.output.w / tiles.width, rest = layer.output.w % tiles.width;
  auto known = [&](int64_t index) {
    int64_t width = index < full ? tiles.width : rest;
    fn(emit.index(index), Tile{height, width, {}, index * tiles.width});
  };
  // The first and the last one leave out what they would read in the border.
  int64_t begin = 0, end = full;
  if (tilesKnowBorder()) {
    known(begin++);
    end = std::max(begin, rest ? full : full - 1);
  }
  emit.forLoop(begin, end, 1, [&](Value tile) { fn(tile, Tile{height, tiles.width, {}}); });
  for (int64_t index = end; index < tilesPerRow(); ++index)
    known(index);
}

void DotKernel::emitTileRow(Emitter &emit, const Frame &frame, const PanelKind &kind,
                            int64_t height) const {
  Value firstRow, rowCount;
  if (skipsRows())
    std::tie(firstRow, rowCount) = kernelRows(emit, frame.block, height);
  forTiles(emit, height, [&](Value index, Tile tile) {
    tile.panel = kind;
    tile.firstRow = firstRow, tile.rowCount = rowCount;
    Frame moved = frame;
    auto move = [&](Value pointer, int64_t advance) {
      return emit.address(pointer, emit.mul(index, advance));
    };
    moved.input = move(frame.input, packed ? packedTileBytes() : inputOffset(0, tiles.width));
    if (frame.ahead)
      moved.ahead = move(frame.ahead, aheadPerStep(kind.vectors) * reduction.totalSteps());
    if (frame.sums)
      moved.sums = move(frame.sums, tiles.width * 4);
    moved.output = move(frame.output, tiles.width * layer.output.pixelStride);
    if (layer.residual)
      moved.residual = move(frame.residual, tiles.width * layer.residual->pixelStride);
    emitTile(emit, moved, tile);
  });
}

//===----------------------------------------------------------------------===//
// The step
//===----------------------------------------------------------------------===//

/// Below this much work a second task costs more than it saves.
constexpr int64_t kMinMacsPerTask = 1 << 18;

static void addDotStep(ProgramBuilder &builder, Operation *op, const DotKernel &kernel,
                       const StepArg &input, const std::optional<StepArg> &residual,
                       const StepArg &output) {
  func::FuncOp function =
      builder.getOrCreateKernel(kernel.getName(), kernel.getSignature(), kernel.getNumPointers(),
                                [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin,
                                    Value end) { kernel.emit(b, loc, pointers, begin, end); });
  SmallVector<StepArg> args = {input, builder.constant("weights", kernel.packWeights()),
                               builder.parameters(kernel.getParameters(), kernel.getBiasWords())};
  if (residual)
    args.push_back(*residual);
  if (int64_t bytes = kernel.getScratchBytes())
    args.push_back(builder.taskScratch(bytes));
  args.push_back(output);
  int64_t minUnits = llvm::divideCeil(kMinMacsPerTask, kernel.getMacsPerUnit());
  builder.addStep(op, function, args, kernel.getUnits(), minUnits);
}

static bool isShallow(const RowSet &rows, int64_t channels) {
  return 2 * channels <= rows.getDotRow().getStepBytes();
}

const DotRow &getRowFor(const RowSet &rows, int64_t channels) {
  return isShallow(rows, channels) ? rows.getShallowDotRow() : rows.getDotRow();
}

/// The first row that takes the layer's weights and can walk its input; null: none can.
static const DotRow *rowFor(const DotLayer &layer, const RowSet &rows) {
  const DotRow *candidates[] = {&rows.getShallowDotRow(), &rows.getDotRow(), &rows.getWideDotRow(),
                                &rows.getShallowDotRow()};
  bool shallow = isShallow(rows, layer.channelsPerGroup());
  for (const DotRow *row : llvm::ArrayRef(candidates).drop_front(shallow ? 0 : 1))
    if ((!row->needsNarrowWeights() || layer.hasNarrowWeights()) && canReduce(layer, *row))
      return row;
  return nullptr;
}

void emitDotLayer(ProgramBuilder &builder, Operation *op, const DotLayer &layer,
                  const StepArg &input, const std::optional<StepArg> &residual,
                  const StepArg &output) {
  const RowSet &rows = builder.getRows();
  const DotRow *row = rowFor(layer, rows);
  DotKernel kernel(layer, row ? *row : getGenericDotRow(), row ? rows : getGenericRowSet());
  addDotStep(builder, op, kernel, input, residual, output);
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// 3x3 depthwise convolution of stride 1, one vector of a block's channels at a time: loops of few
// values, in which a result is requantized beside the dots of the next one.
#include "qopt/Codegen/QuadDepthwiseKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qopt::codegen {

/// Results of so many neighbouring groups share a trip of the loop: more of them spill, fewer leave
/// the machine idle at the end of a trip.
constexpr int64_t kGroupsPerTrip = 3;

//===----------------------------------------------------------------------===//
// Which layers
//===----------------------------------------------------------------------===//

/// The only window for which neighbouring rows share a quad, and columns are walked one by one.
static bool isPlain(const Window &window) {
  auto three = [](const WindowDim &dim) {
    return dim.kernel == 3 && dim.stride == 1 && dim.dilation == 1;
  };
  return three(window.height) && three(window.width);
}

/// Where a vector holds several pixels, vectors begin at multiples of as many, so that they are
/// aligned; what lies a pixel beside is put together from two of them.
Halo QuadDepthwiseKernel::haloFor(const Window &window, int64_t channels, int64_t width,
                                  const RowSet &rows) {
  const QuadRow *quads = rows.getQuadRow();
  if (!quads || !quads->splitsVectors() || !isPlain(window))
    return {};
  int64_t pixels = quads->getBlockChannels() / channels;
  if (pixels < 2 || pixels * channels != quads->getBlockChannels() || width % pixels != 0)
    return {};
  return {0, pixels, 0, pixels};
}

bool QuadDepthwiseKernel::runsByVector() const {
  const BufferLayout &in = layer.input, &out = layer.output;
  if (!quads.splitsVectors() || !isPlain(layer.window) || out.h < 2 || out.w % pixels != 0 ||
      usedBytes() < quads.getBlockChannels())
    return false;
  int64_t before = layer.window.width.padLow;
  return pixels == 1 || (std::max(before, 2 - before) <= pixels && in.halo.left >= pixels &&
                         in.w + in.halo.right >= out.w + pixels);
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

/// One vector of a block's channels along strips of two rows. A group is a vector's worth of
/// pixels: the window of a group of results lies in three groups of the input, of which the last
/// two stay for the next results.
class QuadDepthwiseKernel::VectorWalk {
public:
  VectorWalk(const QuadDepthwiseKernel &kernel, Emitter &emit, const Frame &frame, int64_t vector);

  /// Strips [first, last), at least one. `frameAt` places the block in a strip.
  void emitStrips(Value first, Value last, llvm::function_ref<Frame(Value)> frameAt) const;

private:
  /// Two groups of the input and the sums of two rows, which wait to be requantized.
  using State = SmallVector<Value>;

  Value loadGroup(Value input, Value group) const;
  Value columnAt(ArrayRef<Value> groups, int64_t pixel) const;
  State next(Value input, Value group, ValueRange groups) const;
  State start(Value input) const;
  using AdvanceFn = llvm::function_ref<State(Value group, ValueRange before)>;
  State emitRow(State state, AdvanceFn advance) const;
  void finish(const State &state, const Frame &strip, Value group) const;
  void storeRows(Value part, Value row0, Value row1) const;
  Value loadPart(Value row) const;
  int64_t alignmentOf(const BufferLayout &layout) const;

  const QuadDepthwiseKernel &kernel;
  Emitter &emit;
  const DotLayer &layer;
  const QuadRow &quads;
  const Frame &frame; ///< of the block
  int64_t vector;
  int64_t groupBytes, groups; ///< of a group of pixels; groups of a row
  /// The column of the window's first pixel in its groups.
  int64_t lead;
  Value bias;
  SmallVector<Value> weights; ///< [tap][row]
};

QuadDepthwiseKernel::VectorWalk::VectorWalk(const QuadDepthwiseKernel &kernel, Emitter &emit,
                                            const Frame &frame, int64_t vector)
    : kernel(kernel), emit(emit), layer(kernel.layer), quads(kernel.quads), frame(frame),
      vector(vector), groupBytes(kernel.pixels * layer.input.pixelStride),
      groups(layer.output.w / kernel.pixels),
      lead(kernel.pixels == 1 ? 0 : kernel.pixels - layer.window.width.padLow) {
  int64_t lanes = kernel.rows.getLanes();
  Value biases =
      emit.address(emit.address(frame.parameters, kernel.biasOffset), emit.mul(frame.firstLane, 4));
  bias = emit.load(emit.intType(32, lanes), emit.address(biases, vector * lanes * 4), 4 * lanes);
  for (int64_t tap = 0; tap < 3; ++tap)
    for (int64_t row = 0; row < 2; ++row)
      weights.push_back(kernel.weightsOf(emit, frame, tap, 0, row, vector));
}

/// What every group's address is a multiple of.
int64_t QuadDepthwiseKernel::VectorWalk::alignmentOf(const BufferLayout &layout) const {
  if (kernel.pixels == 1)
    return layout.alignmentAt(kernel.channelMultiple());
  BufferLayout grouped = layout;
  grouped.pixelStride *= kernel.pixels;
  return grouped.alignmentAt(grouped.pixelStride);
}

Value QuadDepthwiseKernel::VectorWalk::loadGroup(Value input, Value group) const {
  Value base = emit.address(input, emit.mul(group, groupBytes));
  int64_t origin = -lead * layer.input.pixelStride; // the strip begins where the window does
  SmallVector<Value> rows;
  for (int64_t row = 0; row < 4; ++row)
    rows.push_back(emit.load(emit.intType(8, quads.getBlockChannels()),
                             emit.address(base, origin + row * layer.input.rowStride),
                             alignmentOf(layer.input)));
  return quads.interleaveOne(emit, rows, vector);
}

/// A group's worth of pixels from `pixel` of three groups on.
Value QuadDepthwiseKernel::VectorWalk::columnAt(ArrayRef<Value> groups, int64_t pixel) const {
  int64_t group = pixel / kernel.pixels, lanes = kernel.rows.getLanes();
  int64_t first = pixel % kernel.pixels * lanes / kernel.pixels;
  if (first == 0)
    return groups[group];
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < lanes; ++lane)
    mask.push_back(first + lane);
  return vector::ShuffleOp::create(emit.builder, emit.loc, groups[group], groups[group + 1], mask);
}

/// The sums of the group of results `group`, from the first two groups of its window.
QuadDepthwiseKernel::VectorWalk::State
QuadDepthwiseKernel::VectorWalk::next(Value input, Value group, ValueRange groups) const {
  SmallVector<Value> all = {groups[0], groups[1], loadGroup(input, emit.add(group, 2))};
  State state = {all[1], all[2]};
  SmallVector<Value, 3> columns;
  for (int64_t tap = 0; tap < 3; ++tap)
    columns.push_back(columnAt(all, lead + tap));
  for (int64_t row = 0; row < 2; ++row) {
    Value sum = bias;
    for (int64_t tap = 0; tap < 3; ++tap)
      sum = quads.dot(emit, sum, weights[2 * tap + row], columns[tap]);
    state.push_back(sum);
  }
  return state;
}

QuadDepthwiseKernel::VectorWalk::State QuadDepthwiseKernel::VectorWalk::start(Value input) const {
  SmallVector<Value, 2> groups = {loadGroup(input, emit.index(0)), loadGroup(input, emit.index(1))};
  return next(input, emit.index(0), groups);
}

Value QuadDepthwiseKernel::VectorWalk::loadPart(Value row) const {
  return emit.load(emit.intType(32, kernel.rows.getLanes()), row, alignmentOf(layer.output));
}

void QuadDepthwiseKernel::VectorWalk::finish(const State &state, const Frame &strip,
                                             Value group) const {
  const RequantizeBuilder::Operands &operands = frame.operands[vector];
  Value first = kernel.epilogue->requantize(emit, state[2], operands);
  Value second = kernel.epilogue->requantize(emit, state[3], operands);
  Value part = quads.joinRows(emit, first, second, frame.state.zero, kernel.epilogue->isFlipped());
  int64_t bytes = kernel.pixels * layer.output.pixelStride;
  Value row0 = emit.address(strip.output, emit.mul(group, bytes));
  storeRows(part, row0, emit.address(row0, layer.output.rowStride));
}

/// The rows of results hold what the vectors before have made: vectors 0 and 1 meet in the second
/// row, 2 and 3 in the first one.
void QuadDepthwiseKernel::VectorWalk::storeRows(Value part, Value row0, Value row1) const {
  int64_t alignment = alignmentOf(layer.output);
  Value meeting = vector < 2 ? row1 : row0;
  if (vector % 2 == 0)
    return emit.store(part, meeting, alignment);
  Value joined = quads.joinVectors(emit, loadPart(meeting), part);
  if (vector == 1)
    return emit.store(joined, meeting, alignment);
  auto [codes0, codes1] =
      quads.splitRows(emit, loadPart(row1), joined, kernel.epilogue->isFlipped());
  auto clamp = [&](Value codes) {
    return kernel.epilogue->clampCodes(emit, frame.state, codes, frame.firstLane);
  };
  emit.store(clamp(codes0), row0, alignment);
  emit.store(clamp(codes1), row1, alignment);
}

/// The groups of a row behind the first one: a loop, and what it leaves in line, at least the last
/// one, so that the next strip's beginning has something to run beside.
QuadDepthwiseKernel::VectorWalk::State
QuadDepthwiseKernel::VectorWalk::emitRow(State state, AdvanceFn advance) const {
  int64_t inLoop = std::max<int64_t>(0, groups - 2);
  int64_t perTrip = inLoop >= 2 * kGroupsPerTrip ? kGroupsPerTrip : 1;
  inLoop = inLoop / perTrip * perTrip;
  if (inLoop > 1) {
    state = emit.forLoop(emit.index(1), emit.index(1 + inLoop), perTrip, state,
                         [&](Value group, ValueRange before) {
                           State now(before);
                           for (int64_t i = 0; i < perTrip; ++i)
                             now = advance(emit.add(group, i), now);
                           return now;
                         });
    keepRolled(state.front().getDefiningOp());
  }
  for (int64_t group = inLoop > 1 ? 1 + inLoop : 1; group < groups; ++group)
    state = advance(emit.index(group), state);
  return state;
}

/// While the last results of a strip are requantized the next strip begins, in the same block of
/// code as the last groups of the row. The address of the next strip's input is carried along, so
/// that its loads wait for nothing.
void QuadDepthwiseKernel::VectorWalk::emitStrips(Value first, Value last,
                                                 llvm::function_ref<Frame(Value)> frameAt) const {
  Value end = emit.add(last, -1);
  auto inputOf = [&](Value index) {
    return frameAt(arith::MinUIOp::create(emit.builder, emit.loc, index, end)).input;
  };
  State initial = start(inputOf(first));
  initial.append({inputOf(first), inputOf(emit.add(first, 1))});
  emit.forLoop(first, last, 1, initial, [&](Value index, ValueRange begun) {
    Frame strip = frameAt(index);
    strip.input = begun[4];
    auto advance = [&](Value group, ValueRange before) {
      State after = next(strip.input, group, before.take_front(2));
      finish(State(before), strip, emit.add(group, -1));
      return after;
    };
    State state = emitRow(State(begun.take_front(4)), advance);
    State after = start(begun[5]);
    finish(state, strip, emit.index(groups - 1));
    after.append({begun[5], inputOf(emit.add(index, 2))});
    return after;
  });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

/// The strips of two rows among units [begin, end); a last one of a single row is left out.
void QuadDepthwiseKernel::emitByVector(Emitter &emit, ValueRange pointers,
                                       const Epilogue::State &state, Value begin, Value end) const {
  int64_t whole = layer.output.h / 2, strips = llvm::divideCeil(layer.output.h, 2);
  auto split = [&](Value value, int64_t by) -> std::pair<Value, Value> {
    Value divisor = emit.index(by);
    return {arith::DivUIOp::create(emit.builder, emit.loc, value, divisor),
            arith::RemUIOp::create(emit.builder, emit.loc, value, divisor)};
  };
  auto wholeBefore = [&](Value unit) -> Value {
    if (whole == strips)
      return unit;
    auto [image, strip] = split(unit, strips);
    Value inImage = arith::MinUIOp::create(emit.builder, emit.loc, strip, emit.index(whole));
    return emit.add(emit.mul(image, whole), inImage);
  };
  Value first = wholeBefore(begin), last = wholeBefore(end);
  Value some =
      arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::ult, first, last);
  auto branch = scf::IfOp::create(emit.builder, emit.loc, some, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(emit.builder);
  emit.builder.setInsertionPoint(branch.thenBlock()->getTerminator());
  emit.forLoop(0, blockCount(), 1, [&](Value b) {
    auto frameAt = [&](Value index) {
      auto [image, strip] =
          layer.output.n == 1 ? std::make_pair(emit.index(0), index) : split(index, whole);
      return blockOf(emit, frameOf(emit, pointers, state, image, strip), b);
    };
    Frame block = blockOf(emit, frameOf(emit, pointers, state, emit.index(0), emit.index(0)), b);
    loadOperands(emit, block);
    for (int64_t vector = 0; vector < vectors; ++vector)
      VectorWalk(*this, emit, block, vector).emitStrips(first, last, frameAt);
  });
}

} // namespace qopt::codegen

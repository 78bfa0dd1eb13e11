// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops of sliding windows that stop at the borders of the image.
#include "PoolLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qopt::codegen {

/// Work below which a second task costs more than it saves, in elements read.
static constexpr int64_t kReadsPerTask = 16384;

int64_t PoolLoops::getMinUnitsPerTask() const {
  int64_t reads = output.w * output.c * window.height.kernel * window.width.kernel;
  return std::max<int64_t>(1, kReadsPerTask / reads);
}

std::string PoolLoops::getSignature() const {
  auto dim = [](const WindowDim &d) {
    return llvm::formatv("{0},{1},{2},{3},{4}", d.kernel, d.stride, d.dilation, d.padLow, d.padHigh)
        .str();
  };
  auto layout = [](const BufferLayout &l) {
    return llvm::formatv("{0}x{1}x{2}x{3}:{4},{5},{6}", l.n, l.h, l.w, l.c, l.imageStride,
                         l.rowStride, l.pixelStride)
        .str();
  };
  return dim(window.height) + " " + dim(window.width) + " " + layout(input) + " " + layout(output);
}

/// The outputs [first, last) whose windows lie inside the image altogether.
static std::pair<int64_t, int64_t> interior(const WindowDim &dim, int64_t inSize, int64_t outSize) {
  int64_t first = std::min<int64_t>(outSize, llvm::divideCeil(dim.padLow, dim.stride));
  int64_t room = inSize + dim.padLow - dim.extent();
  int64_t last = room < 0 ? 0 : std::min(outSize, room / dim.stride + 1);
  return {first, std::max(first, last)};
}

static TapRange wholeRange(Emitter &emit, const WindowDim &dim) {
  return {emit.index(0), emit.index(dim.kernel), true};
}

/// Tap t of output o reads o·stride - padLow + t·dilation, inside [0, inSize).
static TapRange tapRange(Emitter &emit, const WindowDim &dim, int64_t inSize, int64_t outSize,
                         Value output) {
  if (interior(dim, inSize, outSize) == std::pair<int64_t, int64_t>(0, outSize))
    return wholeRange(emit, dim);
  auto dilationsIn = [&](Value distance) -> Value {
    if (dim.dilation == 1)
      return distance;
    return arith::DivUIOp::create(emit.builder, emit.loc, emit.add(distance, dim.dilation - 1),
                                  emit.index(dim.dilation));
  };
  Value position = emit.mul(output, dim.stride);
  Value before = emit.max(emit.sub(emit.index(dim.padLow), position), emit.index(0));
  Value after = emit.sub(emit.index(inSize + dim.padLow), position); // > 0: padHigh < extent
  return {dilationsIn(before), emit.min(dilationsIn(after), emit.index(dim.kernel)), false};
}

void PoolLoops::emit(Emitter &emit, ValueRange pointers, Value begin, Value end, int64_t lanes,
                     llvm::function_ref<void(const PoolSite &, int64_t)> body) const {
  emit.forLoop(begin, end, 1, [&](Value unit) {
    Value size = emit.index(output.h);
    Value image = arith::DivUIOp::create(emit.builder, emit.loc, unit, size);
    Value row = arith::RemUIOp::create(emit.builder, emit.loc, unit, size);
    const WindowDim &dim = window.height;
    Value firstRow = emit.add(emit.mul(row, dim.stride), -dim.padLow);
    Value inputRow = emit.address(pointers[0], emit.add(emit.mul(image, input.imageStride),
                                                        emit.mul(firstRow, input.rowStride)));
    Value outputRow = emit.address(pointers[1], emit.add(emit.mul(image, output.imageStride),
                                                         emit.mul(row, output.rowStride)));
    TapRange rows = tapRange(emit, dim, input.h, output.h, row);
    emitPixels(emit, inputRow, outputRow, rows, lanes, body);
  });
}

/// The columns at the left border, inside, and at the right border: inside, all columns of taps
/// count and their loop has a constant length.
void PoolLoops::emitPixels(Emitter &emit, Value inputRow, Value outputRow, TapRange rows,
                           int64_t lanes,
                           llvm::function_ref<void(const PoolSite &, int64_t)> body) const {
  const WindowDim &dim = window.width;
  auto [first, last] = interior(dim, input.w, output.w);
  auto pixels = [&](int64_t from, int64_t to, bool isInside) {
    emit.forLoop(from, to, 1, [&](Value x) {
      TapRange columns =
          isInside ? wholeRange(emit, dim) : tapRange(emit, dim, input.w, output.w, x);
      Value firstColumn = emit.add(emit.mul(x, dim.stride), -dim.padLow);
      Value corner = emit.address(inputRow, emit.mul(firstColumn, input.pixelStride));
      Value result = emit.address(outputRow, emit.mul(x, output.pixelStride));
      emit.forElements(output.c, lanes, [&](Value channel, int64_t width) {
        body({rows, columns, emit.address(corner, channel), emit.address(result, channel)}, width);
      });
    });
  };
  pixels(0, first, false);
  pixels(first, last, true);
  pixels(last, output.w, false);
}

Value PoolLoops::reduceTaps(Emitter &emit, const PoolSite &site, Value initial,
                            llvm::function_ref<Value(Value, Value)> combine) const {
  auto overColumns = [&](Value rowAddress, Value value) -> Value {
    int64_t step = window.width.dilation * input.pixelStride;
    if (site.columns.isWhole && window.width.kernel <= 8) {
      for (int64_t tap = 0; tap < window.width.kernel; ++tap)
        value = combine(value, emit.address(rowAddress, tap * step));
      return value;
    }
    return emit.forLoop(site.columns.first, site.columns.last, 1, value,
                        [&](Value tap, ValueRange carried) -> SmallVector<Value> {
                          Value address = emit.address(rowAddress, emit.mul(tap, step));
                          return {combine(carried[0], address)};
                        })[0];
  };
  int64_t step = window.height.dilation * input.rowStride;
  return emit.forLoop(site.rows.first, site.rows.last, 1, initial,
                      [&](Value tap, ValueRange carried) -> SmallVector<Value> {
                        Value row = emit.address(site.corner, emit.mul(tap, step));
                        return {overColumns(row, carried[0])};
                      })[0];
}

} // namespace qopt::codegen

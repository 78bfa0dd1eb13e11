// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of transpose. Planes of up to four channels that become pixels (an image on its way into
// the first convolution) are put together a vector of pixels at a time.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace qopt::codegen {
namespace {

/// Bytes of a pixel that is put together in one word.
constexpr int64_t kPixelBytes = 4;
/// Pixels below which a second task costs more than it saves.
constexpr int64_t kPixelsPerTask = 16384;

bool isPlanesToWords(const ElementView &read, const BufferLayout &input,
                     const BufferLayout &output) {
  return read.shape.size() == 4 && output.elementBytes == 1 && output.c <= kPixelBytes &&
         output.pixelStride <= kPixelBytes && read.strides[2] == 1 &&
         input.flipped == output.flipped;
}

/// The first `bytes` bytes of every word, one after the other.
void storePixels(Emitter &emit, Value words, int64_t bytes, Value to) {
  if (bytes == kPixelBytes)
    return emit.store(words, to);
  int64_t width = Emitter::widthOf(words);
  Value vector =
      width == 1 ? Value(vector::BroadcastOp::create(emit.builder, emit.loc,
                                                     VectorType::get({1}, words.getType()), words))
                 : words;
  auto codes = VectorType::get({width * kPixelBytes}, emit.builder.getI8Type());
  vector = vector::BitCastOp::create(emit.builder, emit.loc, codes, vector);
  SmallVector<int64_t> mask;
  for (int64_t pixel = 0; pixel < width; ++pixel)
    for (int64_t byte = 0; byte < bytes; ++byte)
      mask.push_back(pixel * kPixelBytes + byte);
  emit.store(vector::ShuffleOp::create(emit.builder, emit.loc, vector, vector, mask), to);
}

/// Pixels (y, x) .. (y, x + width): a lane is a pixel, a byte of it a channel.
void emitPixels(Emitter &emit, const ElementView &read, Value from, Value to, int64_t bytes,
                int64_t width) {
  Value pixels;
  for (int64_t channel = 0; channel < read.shape[3]; ++channel) {
    Value plane = emit.address(from, channel * read.strides[3]);
    Value codes = emit.extend(emit.load(emit.intType(8, width), plane), 32, /*isSigned=*/false);
    Value place = emit.integer(codes.getType(), 8 * channel);
    codes = arith::ShLIOp::create(emit.builder, emit.loc, codes, place);
    pixels = pixels ? Value(arith::OrIOp::create(emit.builder, emit.loc, pixels, codes)) : codes;
  }
  storePixels(emit, pixels, bytes, to);
}

/// A unit is a row of the result.
void emitRows(Emitter &emit, const ElementView &read, const ElementView &write, ValueRange pointers,
              Value begin, Value end, int64_t lanes) {
  emit.forLoop(begin, end, 1, [&](Value unit) {
    Value height = emit.index(write.shape[1]);
    Value image = arith::DivUIOp::create(emit.builder, emit.loc, unit, height);
    Value y = arith::RemUIOp::create(emit.builder, emit.loc, unit, height);
    auto rowOf = [&](Value pointer, const ElementView &view) {
      return emit.address(pointer,
                          emit.add(emit.mul(image, view.strides[0]), emit.mul(y, view.strides[1])));
    };
    Value from = rowOf(pointers[0], read), to = rowOf(pointers[1], write);
    emit.forElements(write.shape[2], lanes, [&](Value x, int64_t width) {
      int64_t bytes = write.strides[2];
      emitPixels(emit, read, emit.address(from, x), emit.address(to, emit.mul(x, bytes)), bytes,
                 width);
    });
  });
}

void addPixelStep(ProgramBuilder &builder, TransposeOp op, const ElementView &read,
                  const ElementView &write) {
  func::FuncOp kernel = builder.getOrCreateKernel(
      "transpose_pixels", read.getSignature() + " " + write.getSignature(), 2,
      [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin, Value end) {
        Emitter emit(b, loc);
        emitRows(emit, read, write, pointers, begin, end, builder.getRows().getElementLanes());
      });
  builder.addStep(op, kernel, {builder.tensor(op.getInput()), builder.tensor(op.getOutput())},
                  write.shape[0] * write.shape[1],
                  std::max<int64_t>(1, kPixelsPerTask / write.shape[2]));
}

struct TransposeKernel : KernelOpInterface::ExternalModel<TransposeKernel, TransposeOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto transpose = cast<TransposeOp>(op);
    Value x = transpose.getInput(), y = transpose.getOutput();
    ElementView read = viewOf(builder, x).permute(transpose.getPermutation());
    ElementView write = viewOf(builder, y);
    if (isPlanesToWords(read, builder.getLayout(x), builder.getLayout(y)))
      addPixelStep(builder, transpose, read, write);
    else
      addCopyStep(builder, op, "transpose", x, read, y, write);
    return success();
  }
};

} // namespace

void attachTransposeKernels(MLIRContext &context) {
  TransposeOp::attachInterface<TransposeKernel>(context);
}

} // namespace qopt::codegen

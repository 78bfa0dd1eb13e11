// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayoutKernels.h"

#include "qopt/Codegen/Emitter.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::codegen;

/// Bytes of one vector.
static int64_t getVectorBytes(const RowSet &rows) {
  return rows.getLanes() == 1 ? 1 : rows.getLanes() * 4;
}

/// Stores `value` to the bytes [offset, offset + count) from `pointer`. The last vector overlaps
/// the one before it: vectors of falling sizes would be more, and LLVM 22, on a machine of 128-byte
/// vectors, lets short ones get lost when it widens their long neighbours to whole aligned vectors.
static void fillBytes(Emitter &emit, Value pointer, int64_t offset, int64_t count, int64_t value,
                      int64_t vectorBytes) {
  if (count <= 0)
    return;
  int64_t width = std::min<int64_t>(vectorBytes, llvm::bit_floor(static_cast<uint64_t>(count)));
  Value bytes = emit.integer(emit.intType(8, width), static_cast<int8_t>(value));
  auto fill = [&](Value first) {
    emit.store(bytes, emit.address(pointer, emit.add(first, offset)));
  };
  emit.forLoop(0, count / width * width, width, fill);
  if (count % width != 0)
    fill(emit.index(count - width));
}

static std::string describe(const BufferLayout &layout) {
  return llvm::formatv("{0}x{1}x{2}x{3}*{4} pixel {5} halo {6},{7},{8},{9} zero {10} flip {11}",
                       layout.n, layout.h, layout.w, layout.c, layout.elementBytes,
                       layout.pixelStride, layout.halo.top, layout.halo.left, layout.halo.bottom,
                       layout.halo.right, layout.zeroPoint, layout.flipped)
      .str();
}

/// The halo of one image is what comes before its first interior row, what lies between two rows
/// (the right border of one and the left of the next are neighbours), and the rest.
func::FuncOp qopt::codegen::getFillHaloKernel(KernelLibrary &library, const RowSet &rows,
                                              const BufferLayout &layout) {
  int64_t vectorBytes = getVectorBytes(rows);
  int64_t zero = layout.isFloat ? 0 : layout.zeroAtRest();
  auto body = [&](OpBuilder &builder, Location loc, ValueRange pointers, Value begin, Value end) {
    Emitter emit(builder, loc);
    int64_t lead = layout.interiorOffset(), rowBytes = layout.w * layout.pixelStride;
    int64_t gap = layout.rowStride - rowBytes;
    int64_t lastRow = (layout.h - 1) * layout.rowStride + rowBytes;
    emit.forLoop(begin, end, 1, [&](Value image) {
      Value pointer = emit.address(pointers[0], emit.mul(image, layout.imageStride));
      fillBytes(emit, pointer, -lead, lead, zero, vectorBytes);
      if (gap != 0 && layout.h > 1)
        emit.forLoop(int64_t{0}, layout.h - 1, 1, [&](Value y) {
          fillBytes(emit, emit.address(pointer, emit.mul(y, layout.rowStride)), rowBytes, gap, zero,
                    vectorBytes);
        });
      fillBytes(emit, pointer, lastRow, layout.imageStride - lead - lastRow, zero, vectorBytes);
    });
  };
  return library.getOrCreateKernel("fill_halo", describe(layout), 1, body);
}

namespace {

/// Copies runs of bytes, flipping the top bit where the two sides differ in it.
struct RunCopier {
  Emitter &emit;
  bool flip;
  int64_t vectorBytes;

  void operator()(Value from, Value to, int64_t bytes) const {
    emit.forElements(bytes, vectorBytes, [&](Value first, int64_t width) {
      Type type = emit.intType(8, width);
      Value value = emit.load(type, emit.address(from, first));
      if (flip)
        value = arith::XOrIOp::create(emit.builder, emit.loc, value, emit.integer(type, -128));
      emit.store(value, emit.address(to, first));
    });
  }
};

} // namespace

func::FuncOp qopt::codegen::getCopyKernel(KernelLibrary &library, const RowSet &rows,
                                          const BufferLayout &from, const BufferLayout &to) {
  int64_t pixelBytes = from.c * from.elementBytes;
  bool wholeRows = from.pixelStride == pixelBytes && to.pixelStride == pixelBytes;
  auto body = [&](OpBuilder &builder, Location loc, ValueRange pointers, Value begin, Value end) {
    Emitter emit(builder, loc);
    RunCopier copyRun{emit, from.flipped != to.flipped, getVectorBytes(rows)};
    emit.forLoop(begin, end, 1, [&](Value row) {
      Value height = emit.index(from.h);
      Value image = arith::DivUIOp::create(builder, loc, row, height);
      Value y = arith::RemUIOp::create(builder, loc, row, height);
      auto rowOf = [&](Value base, const BufferLayout &layout) {
        return emit.address(
            base, emit.add(emit.mul(image, layout.imageStride), emit.mul(y, layout.rowStride)));
      };
      Value source = rowOf(pointers[0], from), target = rowOf(pointers[1], to);
      if (wholeRows)
        return copyRun(source, target, from.w * pixelBytes);
      emit.forLoop(int64_t{0}, from.w, 1, [&](Value x) {
        copyRun(emit.address(source, emit.mul(x, from.pixelStride)),
                emit.address(target, emit.mul(x, to.pixelStride)), pixelBytes);
      });
    });
  };
  return library.getOrCreateKernel("copy_layout", describe(from) + " to " + describe(to), 2, body);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The row set of HVX: what its kernels share besides the dots.
#include "HvxDotRow.h"
#include "Intrinsics.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Target/Hexagon/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::hexagon {
namespace {

/// Saturation is to unsigned bytes; signed ones are made as unsigned ones XOR 128.
Value addZero(Emitter &emit, Value halves, Value zero, bool isUnsigned) {
  Value sum = hvx(emit, "vaddhsat", {halves, zero});
  if (isUnsigned)
    return sum;
  return hvx(emit, "vaddhsat",
             {sum, asWords(emit, emit.integer(emit.intType(16, kBytes / 2), 128))});
}

Value finish(Emitter &emit, Value bytes, bool isUnsigned) {
  bytes = asBytes(emit, bytes);
  if (isUnsigned)
    return bytes;
  return arith::XOrIOp::create(emit.builder, emit.loc, bytes, emit.integer(bytes.getType(), -128));
}

/// Four vectors of words to one of bytes, in order; the zero point is added to halfwords.
Value packInOrder(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) {
  Value halves[2];
  for (int i = 0; i < 2; ++i)
    halves[i] = addZero(emit, hvx(emit, "vpackwh.sat", {values[2 * i + 1], values[2 * i]}), zero,
                        isUnsigned);
  return finish(emit, hvx(emit, "vpackhub.sat", {halves[1], halves[0]}), isUnsigned);
}

Value shuffle(Emitter &emit, llvm::StringRef name, Value high, Value low) {
  return hvx(emit, name, {asWords(emit, high), asWords(emit, low)});
}

/// A byte of each of four rows in every lane; vrmpy of vectors takes signed weights.
class VrmpyQuadRow : public QuadRow {
public:
  int64_t getBlockChannels() const override { return kBytes; }
  bool acceptsActivations(bool flipped) const override { return flipped; }
  bool gathersPixels() const override { return true; }
  int64_t getPixelsPerStep() const override { return 2; }

  /// Bytes of four neighbouring channels and four rows are transposed within each word: vector v
  /// holds every fourth channel. These shuffles run beside the products.
  SmallVector<Value, 4> interleave(Emitter &emit, ArrayRef<Value> rows) const override {
    Value even01 = shuffle(emit, "vshuffeb", rows[1], rows[0]);
    Value odd01 = shuffle(emit, "vshuffob", rows[1], rows[0]);
    Value even23 = shuffle(emit, "vshuffeb", rows[3], rows[2]);
    Value odd23 = shuffle(emit, "vshuffob", rows[3], rows[2]);
    return {shuffle(emit, "vshufeh", even23, even01), shuffle(emit, "vshufeh", odd23, odd01),
            shuffle(emit, "vshufoh", even23, even01), shuffle(emit, "vshufoh", odd23, odd01)};
  }
  int64_t getChannel(int64_t vector, int64_t lane) const override { return 4 * lane + vector; }

  bool splitsVectors() const override { return true; }
  Value interleaveOne(Emitter &emit, ArrayRef<Value> rows, int64_t vector) const override {
    llvm::StringRef bytes = vector % 2 == 0 ? "vshuffeb" : "vshuffob";
    Value low = shuffle(emit, bytes, rows[1], rows[0]);
    Value high = shuffle(emit, bytes, rows[3], rows[2]);
    return shuffle(emit, vector < 2 ? "vshufeh" : "vshufoh", high, low);
  }
  Value joinRows(Emitter &emit, Value first, Value second, Value zero,
                 bool isUnsigned) const override {
    return addZero(emit, hvx(emit, "vsatwh", {second, first}), zero, isUnsigned);
  }
  Value joinVectors(Emitter &emit, Value first, Value second) const override {
    return hvx(emit, "vsathub", {second, first});
  }
  std::pair<Value, Value> splitRows(Emitter &emit, Value first, Value second,
                                    bool isUnsigned) const override {
    return {finish(emit, hvx(emit, "vshufeh", {second, first}), isUnsigned),
            finish(emit, hvx(emit, "vshufoh", {second, first}), isUnsigned)};
  }

  Value dot(Emitter &emit, Value accumulator, Value weights, Value activations) const override {
    return hvx(emit, "vrmpybusv.acc",
               {accumulator, asWords(emit, activations), asWords(emit, weights)});
  }
  /// Saturation interleaves two vectors, which undoes the transposition.
  Value narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const override {
    Value halves[2];
    for (int i = 0; i < 2; ++i)
      halves[i] = addZero(emit, hvx(emit, "vsatwh", {values[2 + i], values[i]}), zero, isUnsigned);
    return finish(emit, hvx(emit, "vsathub", {halves[1], halves[0]}), isUnsigned);
  }
};

class HvxRowSet : public RowSet {
public:
  llvm::StringRef getName() const override { return "hexagon-hvx"; }
  int64_t getLanes() const override { return kLanes; }
  /// A vector of codes, four vectors of words.
  int64_t getElementLanes() const override { return kBytes; }
  int64_t getFloatLanes() const override { return 1; }
  int64_t getAlignment() const override { return kBytes; }
  bool isFlippedAtRest() const override { return true; }
  const DotRow &getDotRow() const override { return dotRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

  bool hasHighProducts() const override { return true; }
  Value highProduct(Emitter &emit, Value a, Value b, bool rounded) const override;
  Value roundingShift(Emitter &emit, Value value, Value less) const override;
  bool keepsOperands() const override { return true; }

  int64_t getNarrowGroup() const override { return 4; }
  Value prepareZero(Emitter &emit, Value zero) const override {
    return asWords(emit, emit.broadcast(emit.truncate(zero, 16), kBytes / 2));
  }
  Value narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const override {
    return packInOrder(emit, values, zero, isUnsigned);
  }

private:
  VrmpyDotRow dotRow;
  VrmpyQuadRow quadRow;
};

/// Low halfwords first: a·b[15:0] / 2^16, then a·b[31:16] on top, all shifted to / 2^31.
Value highProductOfVector(Emitter &emit, Value a, Value b, bool rounded) {
  Value low = hvx(emit, "vmpyewuh", {a, b});
  return hvx(emit, rounded ? "vmpyowh.rnd.sacc" : "vmpyowh.sacc", {low, a, b});
}

Value HvxRowSet::highProduct(Emitter &emit, Value a, Value b, bool rounded) const {
  int64_t width = Emitter::widthOf(a);
  if (width % kLanes != 0)
    return RowSet::highProduct(emit, a, b, rounded);
  if (width == kLanes)
    return highProductOfVector(emit, a, b, rounded);
  Value whole = emit.integer(a.getType(), 0);
  auto part = [&](Value vector, int64_t first) -> Value {
    return vector::ExtractStridedSliceOp::create(emit.builder, emit.loc, vector, first, kLanes,
                                                 int64_t{1});
  };
  for (int64_t first = 0; first < width; first += kLanes) {
    Value product = highProductOfVector(emit, part(a, first), part(b, first), rounded);
    whole = vector::InsertStridedSliceOp::create(emit.builder, emit.loc, product, whole, first,
                                                 int64_t{1});
  }
  return whole;
}

/// The average with zero rounds.
Value HvxRowSet::roundingShift(Emitter &emit, Value value, Value less) const {
  if (Emitter::widthOf(value) != kLanes)
    return RowSet::roundingShift(emit, value, less);
  Value zero = emit.integer(value.getType(), 0);
  return hvx(emit, "vavgwrnd", {emit.shiftRight(value, less), zero});
}

} // namespace

const RowSet &getHvxRowSet() {
  static const HvxRowSet rows;
  return rows;
}

} // namespace qopt::hexagon

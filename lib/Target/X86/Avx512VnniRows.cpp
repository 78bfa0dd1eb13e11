// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of AVX512-VNNI: vpdpbusd on 16 lanes.
#include "qopt/Target/X86/Rows.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::x86 {
namespace {

constexpr int64_t kLanes = 16, kBytes = 64;

Value intrinsic(Emitter &emit, llvm::StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(emit.builder, emit.loc, type,
                                       emit.builder.getStringAttr(name), operands)
      .getResult(0);
}

Value bitcast(Emitter &emit, Value value, unsigned bits, int64_t width) {
  return vector::BitCastOp::create(
      emit.builder, emit.loc, VectorType::get({width}, emit.builder.getIntegerType(bits)), value);
}

Value shuffle(Emitter &emit, Value a, Value b, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(emit.builder, emit.loc, a, b, mask);
}

/// Unsigned bytes times signed bytes.
Value vpdpbusd(Emitter &emit, Value accumulator, Value unsignedBytes, Value signedBytes) {
  return intrinsic(emit, "llvm.x86.avx512.vpdpbusd.512", accumulator.getType(),
                   {accumulator, unsignedBytes, signedBytes});
}

/// Packs four vectors of i32, adding `zero` in saturating i16: four bytes of each input side by
/// side in every 128-bit part.
Value packInParts(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) {
  Type words = emit.intType(16, 2 * kLanes), bytes = emit.intType(8, kBytes);
  Value halves[2];
  for (int i = 0; i < 2; ++i) {
    Value packed =
        intrinsic(emit, "llvm.x86.avx512.packssdw.512", words, {values[2 * i], values[2 * i + 1]});
    halves[i] = LLVM::SAddSat::create(emit.builder, emit.loc, packed, zero);
  }
  return intrinsic(emit,
                   isUnsigned ? "llvm.x86.avx512.packuswb.512" : "llvm.x86.avx512.packsswb.512",
                   bytes, {halves[0], halves[1]});
}

class VnniDotRow : public DotRow {
public:
  llvm::StringRef getName() const override { return "vpdpbusd512"; }
  DotShape getShape() const override { return {1, kLanes, 4}; }
  bool acceptsActivations(bool flipped) const override { return flipped; }

  /// 32 registers hold the accumulators, the weights of a step and a broadcast word. Two dots a
  /// cycle at a latency of four or five; two 64-byte loads a cycle, but weights that do not stay in
  /// the first-level cache come at half of that.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 32, budget.dotsInFlight = 10, budget.maxVectors = 8;
    budget.weightLoadCost = 2, budget.activationCost = 1, budget.tileOverhead = 40;
    return budget;
  }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    Value word = emit.load(emit.intType(32), pixels.front());
    return bitcast(emit, emit.broadcast(word, kLanes), 8, kBytes);
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(8, kBytes), pointer, kBytes);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return vpdpbusd(emit, accumulator, activation, weights);
  }
};

/// Unpacking works within 128-bit parts, and so does packing: the orders cancel.
class VnniQuadRow : public QuadRow {
public:
  int64_t getBlockChannels() const override { return kBytes; }
  bool acceptsActivations(bool flipped) const override { return flipped; }

  SmallVector<Value, 4> interleave(Emitter &emit, ArrayRef<Value> rows) const override {
    Value low01 = unpack(emit, rows[0], rows[1], 8, false);
    Value high01 = unpack(emit, rows[0], rows[1], 8, true);
    Value low23 = unpack(emit, rows[2], rows[3], 8, false);
    Value high23 = unpack(emit, rows[2], rows[3], 8, true);
    return {unpack(emit, low01, low23, 16, false), unpack(emit, low01, low23, 16, true),
            unpack(emit, high01, high23, 16, false), unpack(emit, high01, high23, 16, true)};
  }
  int64_t getChannel(int64_t vector, int64_t lane) const override {
    return lane / 4 * 16 + vector * 4 + lane % 4;
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activations) const override {
    return vpdpbusd(emit, accumulator, activations, weights);
  }
  Value narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const override {
    return packInParts(emit, values, zero, isUnsigned);
  }

private:
  /// punpckl/h of elements of `bits` bits in every 128-bit part.
  static Value unpack(Emitter &emit, Value a, Value b, unsigned bits, bool high) {
    int64_t count = kBytes * 8 / bits, part = 128 / bits;
    SmallVector<int64_t> mask;
    for (int64_t base = 0; base < count; base += part)
      for (int64_t i = 0; i < part / 2; ++i)
        for (int64_t from : {int64_t{0}, count})
          mask.push_back(from + base + i + (high ? part / 2 : 0));
    Value result =
        shuffle(emit, bitcast(emit, a, bits, count), bitcast(emit, b, bits, count), mask);
    return bitcast(emit, result, 8, kBytes);
  }
};

class Avx512VnniRowSet : public RowSet {
public:
  llvm::StringRef getName() const override { return "x86-avx512vnni"; }
  int64_t getLanes() const override { return kLanes; }
  bool isFlippedAtRest() const override { return true; }
  const DotRow &getDotRow() const override { return dotRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

  /// cvtps2dq in the rounding mode that the ABI asks of the caller: to nearest, ties to even.
  Value roundToInt(OpBuilder &builder, Location loc, Value floats) const override {
    return LLVM::LrintOp::create(builder, loc, Emitter::withElement(floats, builder.getI32Type()),
                                 floats);
  }
  double getRoundingLimit() const override { return 2147483648.0; }

  int64_t getNarrowGroup() const override { return 4; }
  Value prepareZero(Emitter &emit, Value zero) const override {
    return emit.broadcast(emit.truncate(zero, 16), 2 * kLanes);
  }
  /// One permutation puts the four inputs one after the other.
  Value narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const override {
    Value packed = bitcast(emit, packInParts(emit, values, zero, isUnsigned), 32, kLanes);
    SmallVector<int64_t> mask;
    for (int64_t input = 0; input < 4; ++input)
      for (int64_t part = 0; part < 4; ++part)
        mask.push_back(4 * part + input);
    return bitcast(emit, shuffle(emit, packed, packed, mask), 8, kBytes);
  }

private:
  VnniDotRow dotRow;
  VnniQuadRow quadRow;
};

} // namespace

const RowSet &getAvx512VnniRowSet() {
  static const Avx512VnniRowSet rows;
  return rows;
}

} // namespace qopt::x86

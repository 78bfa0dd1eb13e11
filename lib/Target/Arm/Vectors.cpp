// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Vectors.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::arm {

Value shuffle(Emitter &emit, Value a, Value b, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(emit.builder, emit.loc, a, b, mask);
}

Value half(Emitter &emit, Value vector, bool upper) {
  int64_t size = Emitter::widthOf(vector) / 2, first = upper ? size : 0;
  return shuffle(emit, vector, vector, llvm::to_vector(llvm::seq(first, first + size)));
}

Value zip(Emitter &emit, Value a, Value b, unsigned bits, bool upper) {
  Value first = recast(emit, a, bits), second = recast(emit, b, bits);
  int64_t count = Emitter::widthOf(first), begin = upper ? count / 2 : 0;
  SmallVector<int64_t> mask;
  for (int64_t i = begin; i < begin + count / 2; ++i)
    mask.append({i, count + i});
  return recast(emit, shuffle(emit, first, second, mask), 8);
}

static Value concatenate(Emitter &emit, Value a, Value b) {
  return shuffle(emit, a, b, llvm::to_vector(llvm::seq<int64_t>(0, 2 * Emitter::widthOf(a))));
}

/// 16-bit words of eight to codes.
static Value toBytes(Emitter &emit, Value words, bool isUnsigned) {
  llvm::StringRef name = isUnsigned ? "llvm.aarch64.neon.sqxtun" : "llvm.aarch64.neon.sqxtn";
  return intrinsic(emit, name, emit.intType(8, 2 * kLanes), words);
}

static Value joinParts(Emitter &emit, ArrayRef<Value> parts) {
  return parts.size() == 1 ? parts.front() : concatenate(emit, parts[0], parts[1]);
}

/// Saturates to 16 bits, adds the zero point saturating, saturates to bytes.
Value narrowCodes(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) {
  auto toWords = [&](Value value) {
    return intrinsic(emit, "llvm.aarch64.neon.sqxtn", emit.intType(16, kLanes), value);
  };
  SmallVector<Value, 2> parts;
  for (size_t i = 0; i < values.size(); i += 2) {
    Value words = concatenate(emit, toWords(values[i]), toWords(values[i + 1]));
    words = LLVM::SAddSat::create(emit.builder, emit.loc, words, zero);
    parts.push_back(toBytes(emit, words, isUnsigned));
  }
  return joinParts(emit, parts);
}

/// Dropping the upper halves of two vectors is one instruction.
Value narrowWordCodes(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) {
  SmallVector<Value, 2> parts;
  for (size_t i = 0; i < values.size(); i += 2) {
    Value words = emit.truncate(concatenate(emit, values[i], values[i + 1]), 16);
    parts.push_back(toBytes(emit, emit.add(words, zero), isUnsigned));
  }
  return joinParts(emit, parts);
}

/// To nearest, ties to even, whatever the rounding mode.
Value ArmRowSet::roundToInt(OpBuilder &builder, Location loc, Value floats) const {
  Emitter emit(builder, loc);
  return intrinsic(emit, "llvm.aarch64.neon.fcvtns",
                   Emitter::withElement(floats, builder.getI32Type()), floats);
}

Value ArmRowSet::prepareZero(Emitter &emit, Value zero) const {
  return emit.broadcast(emit.truncate(zero, 16), 2 * kLanes);
}

/// Bytes of rows 0 and 1 in turns, of rows 2 and 3, then their pairs in turns.
SmallVector<Value, 4> ArmQuadRow::interleave(Emitter &emit, ArrayRef<Value> rows) const {
  auto turns = [&](Value a, Value b) {
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < getBlockChannels(); ++i)
      mask.append({i, getBlockChannels() + i});
    return shuffle(emit, a, b, mask);
  };
  Value upper = turns(rows[0], rows[1]), lower = turns(rows[2], rows[3]);
  return {zip(emit, upper, lower, 16, false), zip(emit, upper, lower, 16, true)};
}

} // namespace qopt::arm

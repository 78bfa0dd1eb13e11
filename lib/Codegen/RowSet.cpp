// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The target-neutral defaults of the hooks.
#include "qopt/Codegen/RowSet.h"
#include "qopt/Codegen/DotRow.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace qopt::codegen {

/// x + 1.5·2^23 has no fraction bits, so the addition itself rounds to nearest even; its low
/// mantissa bits are the integer.
Value RowSet::roundToInt(OpBuilder &builder, Location loc, Value floats) const {
  constexpr float kShifter = 0x1.8p23f;
  Emitter emit(builder, loc);
  Value shifted = emit.addF(floats, emit.real(floats.getType(), kShifter));
  Type words = Emitter::withElement(floats, builder.getI32Type());
  Value bits = arith::BitcastOp::create(builder, loc, words, shifted);
  return emit.sub(bits, emit.integer(words, llvm::bit_cast<int32_t>(kShifter)));
}

Value RowSet::highProduct(Emitter &emit, Value a, Value b, bool rounded) const {
  Value wide = emit.mul(emit.extend(a, 64), emit.extend(b, 64));
  if (rounded)
    wide = emit.add(wide, int64_t{1} << 30);
  return emit.truncate(emit.shiftRight(wide, emit.integer(wide.getType(), 31)), 32);
}

Value RowSet::roundingShift(Emitter &emit, Value value, Value less) const {
  Value sum = emit.add(emit.shiftRight(value, less), 1);
  return emit.shiftRight(sum, emit.integer(sum.getType(), 1));
}

Value RowSet::prepareZero(Emitter &emit, Value zero) const {
  return emit.broadcast(zero, getLanes());
}

/// Clamping before the sum keeps it inside 32 bits.
Value RowSet::narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const {
  Value value = values.front();
  Value lower = emit.sub(emit.integer(value.getType(), isUnsigned ? 0 : -128), zero);
  Value upper = emit.sub(emit.integer(value.getType(), isUnsigned ? 255 : 127), zero);
  Value clamped = emit.min(emit.max(value, lower), upper);
  return emit.truncate(emit.add(clamped, zero), 8);
}

void DotRow::unpackAccumulators(Emitter & /*emit*/, ArrayRef<Value> accumulators,
                                SmallVectorImpl<SmallVector<Value>> &pixels) const {
  pixels.emplace_back(accumulators);
}

} // namespace qopt::codegen

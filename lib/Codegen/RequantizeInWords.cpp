// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fixed-point requantization in 32-bit lanes, for machines with a multiplication that gives the
// high part of a product and no 64-bit lanes. The same bits as the 64-bit form, proven from the
// bound of the accumulators; where the proof fails, the 64-bit form stays.
#include "FixedForm.h"
#include "qopt/Codegen/RequantizeBuilder.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>
#include <optional>

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

constexpr int64_t kMax = std::numeric_limits<int32_t>::max();

/// A multiplier in words: highProduct(acc << left, m0), then a shift by `right` that rounds.
struct WordShifts {
  int32_t left = 0, right = 0;
};

/// (acc·m0 + 2^(n-1)) >> n with n >= 32 is (floor(acc·m0 / 2^31) + 2^(n-32)) >> (n-31), because
/// 2^(n-1) is a multiple of 2^31. A smaller n shifts the accumulator up first.
WordShifts shiftsOf(const FixedMultiplier &multiplier) {
  int32_t n = std::max(multiplier.shift, 32);
  return {n - multiplier.shift, n - 31};
}

WordShifts shiftsOf(const FixedDoubleMultiplier &multiplier) {
  return {std::max(multiplier.shift, 0), std::max(-multiplier.shift, 0)};
}

template <typename Fn> auto withShifts(const Multiplier &multiplier, Fn fn) {
  if (auto *twice = std::get_if<FixedDoubleMultiplier>(&multiplier))
    return fn(twice->m0, shiftsOf(*twice));
  FixedMultiplier fixed = asFixed(multiplier);
  return fn(fixed.m0, shiftsOf(fixed));
}

/// Neither the shifted accumulator nor its high product leaves 32 bits.
bool fits(const WordShifts &shifts, int64_t bound) {
  return shifts.left <= 31 && shifts.right <= 31 && (bound << shifts.left) <= kMax;
}

} // namespace

bool RequantizeBuilder::fitsWords() const {
  return fitsInt32() && llvm::all_of(spec.multipliers, [&](const Multiplier &multiplier) {
           return withShifts(multiplier, [&](int64_t, const WordShifts &shifts) {
             return fits(shifts, spec.maxAbsAccumulator);
           });
         });
}

/// Right shifts less one, then left shifts.
SmallVector<SmallVector<int32_t>> RequantizeBuilder::wordArrays() const {
  SmallVector<SmallVector<int32_t>> arrays(2);
  for (const Multiplier &multiplier : spec.multipliers)
    withShifts(multiplier, [&](int64_t, const WordShifts &shifts) {
      arrays[0].push_back(shifts.right - 1), arrays[1].push_back(shifts.left);
    });
  return arrays;
}

/// A channel that shifts by nothing (`shift` is one less) keeps its high product: it does not
/// round.
static Value keepWhereNothingShifts(Emitter &emit, Value shift, Value high, Value rounded) {
  Value zero = emit.integer(shift.getType(), 0);
  Value stays =
      arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::slt, shift, zero);
  return arith::SelectOp::create(emit.builder, emit.loc, stays, high, rounded);
}

/// Ties of fixed-double go away from zero: 1 less for negative numbers.
Value RequantizeBuilder::emitInWords(Emitter &emit, Value acc, const Operands &operands) const {
  if (shiftsLeft)
    acc = arith::ShLIOp::create(emit.builder, emit.loc, acc, operands.leftShift);
  Value high = rows.highProduct(emit, acc, operands.multiplier, form == Form::FixedDouble);
  if (!shiftsRight)
    return high;
  Value shift = operands.shift, shifted = high;
  if (someStay)
    shift = emit.max(shift, emit.integer(shift.getType(), 0));
  if (form == Form::FixedDouble)
    shifted = emit.add(high, emit.shiftRight(high, emit.integer(high.getType(), 31)));
  Value rounded = rows.roundingShift(emit, shifted, shift);
  return someStay ? keepWhereNothingShifts(emit, operands.shift, high, rounded) : rounded;
}

} // namespace qopt::codegen

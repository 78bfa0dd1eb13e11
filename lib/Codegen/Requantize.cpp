// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The MLIR form of numerics::requantize, lane by lane the same bits.
#include "FixedForm.h"
#include "qopt/Codegen/RequantizeBuilder.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Quantization/AccumulatorBound.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// The spec as words
//===----------------------------------------------------------------------===//

FixedMultiplier asFixed(const Multiplier &multiplier) {
  if (auto *power = std::get_if<PowerOfTwoMultiplier>(&multiplier))
    return {int32_t{1} << 30, power->shift + 30};
  FixedMultiplier fixed = std::get<FixedMultiplier>(multiplier);
  if (fixed.m0 == 0)
    fixed.shift = 62; // any: the product is 0
  return fixed;
}

static bool isUniform(ArrayRef<int32_t> words) { return llvm::all_equal(words); }

RequantizeBuilder::RequantizeBuilder(const RowSet &rows, RequantizeSpec spec)
    : rows(rows), spec(std::move(spec)) {
  const Multiplier &first = this->spec.multipliers.front();
  form = std::holds_alternative<Fp32Multiplier>(first)          ? Form::Fp32
         : std::holds_alternative<FixedDoubleMultiplier>(first) ? Form::FixedDouble
                                                                : Form::Fixed;
  inWords = form != Form::Fp32 && rows.hasHighProducts() && fitsWords();
  if (inWords) {
    auto arrays = wordArrays();
    auto shifts = [](int32_t lessThanRight) { return lessThanRight >= 0; };
    shiftsRight = llvm::any_of(arrays[0], shifts);
    someStay = shiftsRight && !llvm::all_of(arrays[0], shifts);
    shiftsLeft = llvm::any_of(arrays[1], [](int32_t left) { return left != 0; });
  }
}

SmallVector<int32_t> RequantizeBuilder::multiplierWords() const {
  SmallVector<int32_t> words;
  for (const Multiplier &m : spec.multipliers) {
    if (form == Form::Fp32)
      words.push_back(llvm::bit_cast<int32_t>(std::get<Fp32Multiplier>(m).value));
    else if (form == Form::FixedDouble)
      words.push_back(std::get<FixedDoubleMultiplier>(m).m0);
    else
      words.push_back(asFixed(m).m0);
  }
  return words;
}

SmallVector<int32_t> RequantizeBuilder::shiftWords() const {
  SmallVector<int32_t> words;
  for (const Multiplier &m : spec.multipliers) {
    if (form == Form::Fp32)
      words.push_back(0);
    else if (form == Form::FixedDouble)
      words.push_back(std::get<FixedDoubleMultiplier>(m).shift);
    else
      words.push_back(asFixed(m).shift);
  }
  return words;
}

/// Multiplier, shift, lower, upper. Under fp32 the bounds are floats minus the zero point: clamping
/// the product before rounding gives the same code (the bounds are integers and rounding is
/// monotone) and keeps what is rounded small.
SmallVector<SmallVector<int32_t>> RequantizeBuilder::arrays() const {
  auto bounds = [&](ArrayRef<int32_t> codes) {
    SmallVector<int32_t> words;
    for (int32_t code : codes)
      words.push_back(form == Form::Fp32
                          ? llvm::bit_cast<int32_t>(static_cast<float>(code - spec.zeroPoint))
                          : code);
    return words;
  };
  SmallVector<SmallVector<int32_t>> all = {multiplierWords(), shiftWords(), bounds(spec.lower),
                                           bounds(spec.upper)};
  if (inWords)
    all.append(wordArrays());
  return all;
}

bool RequantizeBuilder::hasBlock() const {
  return llvm::any_of(arrays(), [](ArrayRef<int32_t> words) { return !isUniform(words); });
}

SmallVector<char> RequantizeBuilder::packBlock(int64_t stride) const {
  SmallVector<int32_t> block;
  for (const SmallVector<int32_t> &words : arrays())
    if (!isUniform(words))
      for (int64_t i = 0; i < stride; ++i)
        block.push_back(words[std::min<int64_t>(i, words.size() - 1)]);
  auto *bytes = reinterpret_cast<const char *>(block.data());
  return SmallVector<char>(bytes, bytes + block.size() * sizeof(int32_t));
}

std::string RequantizeBuilder::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "requant " << static_cast<int>(form) << (inWords ? "w" : "") << shiftsLeft
         << shiftsRight << someStay << " z" << spec.zeroPoint << " f" << fitsInt32() << " r"
         << llvm::bit_cast<int32_t>(spec.residualMultiplier);
  for (const SmallVector<int32_t> &words : arrays()) {
    if (isUniform(words))
      stream << " " << words.front();
    else
      stream << " *";
  }
  return text;
}

bool RequantizeBuilder::fitsInt32() const {
  return llvm::all_of(spec.multipliers, [&](const Multiplier &m) {
    if (auto *fp32 = std::get_if<Fp32Multiplier>(&m))
      return fp32ResidualFitsInt32(spec.maxAbsAccumulator, fp32->value, spec.maxAbsResidual,
                                   spec.residualMultiplier, spec.zeroPoint);
    return static_cast<double>(spec.maxAbsAccumulator) * realValue(m) < 2147480000.0;
  });
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

RequantizeBuilder::Operands RequantizeBuilder::loadOperands(Emitter &emit, Value block,
                                                            int64_t stride, Value channel,
                                                            int64_t width) const {
  Type words = emit.intType(32, width);
  int64_t arraysBefore = 0;
  auto fetch = [&](ArrayRef<int32_t> values) -> Value {
    if (isUniform(values))
      return emit.integer(words, values.front());
    Value offset = emit.add(emit.mul(channel, 4), 4 * stride * arraysBefore++);
    return emit.load(words, emit.address(block, offset), llvm::MinAlign(4 * width, 4 * stride));
  };
  auto asFloat = [&](Value value) -> Value {
    return arith::BitcastOp::create(emit.builder, emit.loc, emit.floatType(width), value);
  };
  SmallVector<SmallVector<int32_t>> all = arrays();
  Value multiplier = fetch(all[0]), shift = fetch(all[1]);
  Operands operands;
  operands.lower = fetch(all[2]), operands.upper = fetch(all[3]);
  if (form == Form::Fp32) {
    operands.multiplier = asFloat(multiplier);
    operands.lower = asFloat(operands.lower), operands.upper = asFloat(operands.upper);
    operands.residual = emit.real(emit.floatType(width), spec.residualMultiplier);
    return operands;
  }
  if (inWords) {
    operands.multiplier = multiplier;
    operands.shift = fetch(all[4]), operands.leftShift = fetch(all[5]);
    return operands;
  }
  operands.multiplier = emit.extend(multiplier, 64);
  prepareShifts(emit, shift, operands);
  return operands;
}

RequantizeBuilder::Operands RequantizeBuilder::broadcast(Emitter &emit, const Operands &operands,
                                                         int64_t width) {
  Operands wide = operands;
  for (Value *value : {&wide.multiplier, &wide.shift, &wide.rounding, &wide.leftShift,
                       &wide.tieMask, &wide.residual, &wide.lower, &wide.upper})
    if (*value)
      *value = emit.broadcast(*value, width);
  return wide;
}

/// 1 << count, lane by lane.
static Value powerOfTwo(Emitter &emit, Value count) {
  Value one = emit.integer(count.getType(), 1);
  return arith::ShLIOp::create(emit.builder, emit.loc, one, count);
}

void RequantizeBuilder::prepareShifts(Emitter &emit, Value shift, Operands &operands) const {
  Value wide = emit.extend(shift, 64);
  if (form == Form::Fixed) {
    operands.shift = wide;
    operands.rounding = powerOfTwo(emit, emit.add(wide, -1));
    return;
  }
  Value zero = emit.integer(wide.getType(), 0);
  operands.leftShift = emit.max(wide, zero);
  operands.shift = emit.max(emit.sub(zero, wide), zero);
  // Half of the divisor: 0 where nothing is shifted out. Ties go away from zero by taking 1 from
  // negative numbers, but only where something is shifted out.
  operands.rounding =
      emit.shiftRight(powerOfTwo(emit, operands.shift), emit.integer(wide.getType(), 1));
  operands.tieMask = emit.sub(zero, emit.min(operands.shift, emit.integer(wide.getType(), 1)));
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// f32(f32(acc)·M) [+ f32(f32(r)·M_r)], each operation rounded by itself.
Value RequantizeBuilder::product(Emitter &emit, Value acc, const Operands &operands,
                                 Value residual) const {
  Value product = emit.mulF(emit.toFloat(acc), operands.multiplier);
  if (!residual)
    return product;
  return emit.addF(product, emit.mulF(emit.toFloat(residual), operands.residual));
}

Value RequantizeBuilder::emitFixed(Emitter &emit, Value acc, const Operands &operands) const {
  Value wide = emit.mul(emit.extend(acc, 64), operands.multiplier);
  return emit.shiftRight(emit.add(wide, operands.rounding), operands.shift);
}

Value RequantizeBuilder::emitFixedDouble(Emitter &emit, Value acc, const Operands &operands) const {
  Value x = arith::ShLIOp::create(emit.builder, emit.loc, emit.extend(acc, 64), operands.leftShift);
  // (2·x·m0 + 2^31) >> 32 = (x·m0 + 2^30) >> 31.
  Value wide = emit.add(emit.mul(x, operands.multiplier), int64_t{1} << 30);
  Value high = emit.shiftRight(wide, emit.integer(wide.getType(), 31));
  Value sign = emit.shiftRight(high, emit.integer(high.getType(), 63));
  Value tie = arith::AndIOp::create(emit.builder, emit.loc, sign, operands.tieMask);
  Value nudged = emit.add(emit.add(high, operands.rounding), tie);
  return emit.shiftRight(nudged, operands.shift);
}

Value RequantizeBuilder::emitFixedPoint(Emitter &emit, Value acc, const Operands &operands) const {
  return form == Form::Fixed ? emitFixed(emit, acc, operands)
                             : emitFixedDouble(emit, acc, operands);
}

Value RequantizeBuilder::emitUnclamped(Emitter &emit, Value acc, const Operands &operands,
                                       Value residual) const {
  Value code;
  if (form == Form::Fp32)
    code = rows.roundToInt(emit.builder, emit.loc, product(emit, acc, operands, residual));
  else if (inWords)
    code = emitInWords(emit, acc, operands);
  else
    code = emit.truncate(emitFixedPoint(emit, acc, operands), 32);
  return emit.add(code, spec.zeroPoint);
}

Value RequantizeBuilder::emitCodes(Emitter &emit, Value acc, const Operands &operands,
                                   Value residual) const {
  if (form == Form::Fp32) {
    Value real = product(emit, acc, operands, residual);
    real = emit.minF(emit.maxF(real, operands.lower), operands.upper);
    return emit.add(rows.roundToInt(emit.builder, emit.loc, real), spec.zeroPoint);
  }
  if (fitsInt32()) {
    Value code = emitUnclamped(emit, acc, operands, residual);
    return emit.min(emit.max(code, operands.lower), operands.upper);
  }
  Value wide = emit.add(emitFixedPoint(emit, acc, operands), spec.zeroPoint);
  wide = emit.min(emit.max(wide, emit.extend(operands.lower, 64)), emit.extend(operands.upper, 64));
  return emit.truncate(wide, 32);
}

Value emitFloatResult(Emitter &emit, Value acc, Value scale) {
  return emit.mulF(emit.toFloat(acc), scale);
}

} // namespace qopt::codegen

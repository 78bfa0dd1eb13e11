// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantized addition and subtraction: the constants of every contract and the
// scalar function that applies them.

#ifndef QOPT_QUANTIZATION_ADD_H
#define QOPT_QUANTIZATION_ADD_H

#include "qopt/Quantization/Grid.h"
#include "qopt/Quantization/Requantize.h"

namespace qopt::numerics {

/// f32(s_a/s_y) and f32(s_b/s_y).
struct Fp32Add {
  float a;
  float b;
};

/// a = rne(s_a/s_y·2^shift), b likewise; the sum with its rounding term fits
/// int32 by choice of the shift (1..31).
struct FixedAdd {
  int32_t a;
  int32_t b;
  int32_t shift;
};

/// TFLite's addition: operands shifted left by 20, brought to the common scale
/// 2·max(s_a, s_b), summed, and brought to the output's scale.
struct FixedDoubleAdd {
  static constexpr int32_t kLeftShift = 20;
  FixedDoubleMultiplier a;
  FixedDoubleMultiplier b;
  FixedDoubleMultiplier out;
};

using AddConstants = std::variant<Fp32Add, FixedAdd, FixedDoubleAdd>;

/// Constants of y = a ± b. The same for both signs. Refused when no shift keeps
/// the sum inside int32 (fixed), or when a left shift could overflow
/// (fixed-double). Under power-of-two the fixed form is used.
llvm::Expected<AddConstants> prepareAdd(Contract contract, const Grid &a, const Grid &b,
                                        float scaleY);

/// rne(f32(f32(f32(da)·a) ± f32(f32(db)·b))), saturated to int32.
inline int64_t addRequantized(int32_t da, int32_t db, bool subtract, const Fp32Add &c) {
  float left = static_cast<float>(da) * c.a;
  float right = static_cast<float>(db) * c.b;
  float sum = subtract ? left - right : left + right;
  return roundToInt32Saturating(sum);
}

/// (da·A ± db·B + 2^(k-1)) >> k, ties up; fits int32 throughout.
constexpr int64_t addRequantized(int32_t da, int32_t db, bool subtract, const FixedAdd &c) {
  int64_t left = int64_t{da} * c.a;
  int64_t right = int64_t{db} * c.b;
  return shiftRightTiesUp(subtract ? left - right : left + right, c.shift);
}

constexpr int64_t addRequantized(int32_t da, int32_t db, bool subtract, const FixedDoubleAdd &c) {
  auto left = static_cast<int32_t>(requantize(da * (1 << FixedDoubleAdd::kLeftShift), c.a));
  auto right = static_cast<int32_t>(requantize(db * (1 << FixedDoubleAdd::kLeftShift), c.b));
  return requantize(subtract ? left - right : left + right, c.out);
}

/// `da` = a - z_a and `db` = b - z_b; the zero point of y is added afterwards.
inline int64_t addRequantized(int32_t da, int32_t db, bool subtract,
                              const AddConstants &constants) {
  return std::visit([=](const auto &c) { return addRequantized(da, db, subtract, c); }, constants);
}

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_ADD_H

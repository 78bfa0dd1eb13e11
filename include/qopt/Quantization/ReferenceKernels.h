// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Naive kernels on integer codes: the oracle of every back end. Short and
// plain; no vectors, no cleverness. Shapes are the caller's duty (the dialect's
// verifiers); nothing here checks them.
//
// Layouts: activations NHWC, conv weights [OC, KH, KW, IC/groups], depthwise
// weights [KH, KW, C·M] (output channel c·M + m), matmul x [N, K], w [OC, K].

#ifndef QOPT_QUANTIZATION_REFERENCEKERNELS_H
#define QOPT_QUANTIZATION_REFERENCEKERNELS_H

#include "qopt/Quantization/Add.h"
#include "qopt/Quantization/Grid.h"
#include "qopt/Quantization/Lookup.h"
#include "qopt/Quantization/Requantize.h"
#include "qopt/Quantization/TensorView.h"

namespace qopt::numerics {

using Codes = View<int32_t>;
using ConstCodes = ConstView<int32_t>;
using Reals = View<float>;
using ConstReals = ConstView<float>;

/// What follows the real arithmetic of every op: + z_y, then the clamp. Bounds
/// are one or one per channel.
struct OutputRule {
  int32_t zeroPoint = 0;
  llvm::ArrayRef<int32_t> lo;
  llvm::ArrayRef<int32_t> hi;

  int32_t operator()(int64_t value, int64_t channel) const {
    int64_t lower = perChannel(lo, channel), upper = perChannel(hi, channel);
    return static_cast<int32_t>(std::max(lower, std::min(value + zeroPoint, upper)));
  }
};

/// A tensor of codes with the zero point of its type.
struct Operand {
  ConstCodes codes;
  int32_t zeroPoint = 0;
};

/// Weights; their zero points are one or one per output channel.
struct WeightOperand {
  ConstCodes codes;
  llvm::ArrayRef<int32_t> zeroPoints;
};

//===----------------------------------------------------------------------===//
// Accumulators: Σ (q_x - z_x)(q_w - z_w) + b modulo 2^32, padding adds nothing.
// `bias` is empty or has one value per output channel.
//===----------------------------------------------------------------------===//

void convAccumulate(const Operand &x, const WeightOperand &w, llvm::ArrayRef<int32_t> bias,
                    const Window &window, int64_t groups, Codes acc);
void depthwiseAccumulate(const Operand &x, const WeightOperand &w, llvm::ArrayRef<int32_t> bias,
                         const Window &window, Codes acc);
void matmulAccumulate(const Operand &x, const WeightOperand &w, llvm::ArrayRef<int32_t> bias,
                      Codes acc);

//===----------------------------------------------------------------------===//
// Accumulators to results; multipliers are one or one per channel.
//===----------------------------------------------------------------------===//

void requantizeAccumulator(ConstCodes acc, llvm::ArrayRef<Multiplier> multipliers,
                           const OutputRule &rule, Codes out);

/// fp32 only; `residualMultiplier` = f32(s_r / s_y).
void requantizeWithResidual(ConstCodes acc, llvm::ArrayRef<Multiplier> multipliers,
                            const Operand &residual, float residualMultiplier,
                            const OutputRule &rule, Codes out);

/// f32(f32(acc)·f32(s_x·s_w[c])), the f32 result of a last layer.
void dequantizeAccumulator(ConstCodes acc, llvm::ArrayRef<float> scales, Reals out);

//===----------------------------------------------------------------------===//
// Element-wise
//===----------------------------------------------------------------------===//

/// Operands broadcast to the shape of `out`.
void addCodes(const Operand &a, const Operand &b, bool subtract, const AddConstants &constants,
              const OutputRule &rule, Codes out);
void multiplyCodes(const Operand &a, const Operand &b, const Multiplier &multiplier,
                   const OutputRule &rule, Codes out);

/// requantize(q - z_x).
void requantizeCodes(const Operand &x, const Multiplier &multiplier, const OutputRule &rule,
                     Codes out);
void clampCodes(ConstCodes x, llvm::ArrayRef<int32_t> lo, llvm::ArrayRef<int32_t> hi, Codes out);
/// table[q - least]; `least` is the least value of the storage type (-128 or 0).
void lookupCodes(ConstCodes x, int32_t least, llvm::ArrayRef<int32_t> table, Codes out);
void quantize(ConstReals x, const Grid &grid, Codes out);
void dequantize(ConstCodes x, const Grid &grid, Reals out);
void fakeQuantize(ConstReals x, const Grid &grid, Reals out);

//===----------------------------------------------------------------------===//
// Pooling, mean, softmax
//===----------------------------------------------------------------------===//

/// byCount[n] is the multiplier of a window with n counted taps (index 0 is not
/// read). A window without a counted tap gives the zero point.
void averagePoolCodes(const Operand &x, const Window &window, bool countPadding,
                      llvm::ArrayRef<Multiplier> byCount, const OutputRule &rule, Codes out);

/// Padding holds the least storage value.
void maxPoolCodes(ConstCodes x, const Window &window, int32_t least, Codes out);

/// Mean over `axes`; the reduced dimensions of `out` may be kept or dropped.
void meanCodes(const Operand &x, llvm::ArrayRef<int64_t> axes, const Multiplier &multiplier,
               const OutputRule &rule, Codes out);

/// Over the innermost dimension. The result's grid is softmaxOutputGrid().
void softmaxCodes(ConstCodes x, const SoftmaxTable &table, const OutputRule &rule, Codes out);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_REFERENCEKERNELS_H

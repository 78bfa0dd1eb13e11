// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Proofs about accumulators from constant weights and storage bounds: that the
// final sum fits int32, that a product fits single precision's conversion, that
// int16 pair products are exact.

#ifndef QOPT_QUANTIZATION_ACCUMULATORBOUND_H
#define QOPT_QUANTIZATION_ACCUMULATORBOUND_H

#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace qopt::numerics {

/// The exact least and greatest value of Σ (q_x - z_x)(q_w - z_w) + b over all
/// inputs that the storage admits.
struct AccumulatorInterval {
  int64_t min = 0;
  int64_t max = 0;

  /// Adds the contribution of one weight (its zero point already subtracted).
  void addWeight(int64_t weight, int64_t inputMin, int64_t inputMax) {
    min += weight >= 0 ? weight * inputMin : weight * inputMax;
    max += weight >= 0 ? weight * inputMax : weight * inputMin;
  }
  void addConstant(int64_t value) { min += value, max += value; }
  void unite(const AccumulatorInterval &other);

  int64_t maxAbs() const { return max > -min ? max : -min; }
  bool fitsInt32() const;
};

/// Interval of one output channel. `weights` are its codes, of any integer
/// type; padding (q = z_x) is covered because z_x lies inside the storage.
template <typename T>
AccumulatorInterval boundChannel(llvm::ArrayRef<T> weights, int32_t weightZeroPoint,
                                 const Storage &input, int32_t inputZeroPoint, int64_t bias) {
  AccumulatorInterval interval;
  int64_t lo = int64_t{input.min} - inputZeroPoint;
  int64_t hi = int64_t{input.max} - inputZeroPoint;
  for (T weight : weights)
    interval.addWeight(int64_t{weight} - weightZeroPoint, lo, hi);
  interval.addConstant(bias);
  return interval;
}

/// Bound of a sum of `count` terms q - z (average pool, mean).
AccumulatorInterval boundSum(const Storage &input, int32_t zeroPoint, int64_t count);

/// Bound of one product (a - z_a)(b - z_b) (mul).
AccumulatorInterval boundProduct(const Storage &a, int32_t zeroA, const Storage &b, int32_t zeroB);

/// True where two products added in int16 are exact: 2·max|a|·max|w| <= 32767,
/// over the stored codes themselves.
bool int16PairIsExact(const Storage &activations, const Storage &weights);

/// The fp32 contract's conversion proof: for every |acc| <= maxAbsAccumulator,
/// |f32(f32(acc)·M)| + |z| < 2^31, so that converting to int32 and adding z
/// needs no clamp before it. Evaluates the contract's own expression at the
/// extreme; rounding is monotone, so the extreme decides.
bool fp32ProductFitsInt32(int64_t maxAbsAccumulator, float multiplier, int32_t zeroPoint);

/// The same with a residual addend of magnitude up to maxAbsResidual.
bool fp32ResidualFitsInt32(int64_t maxAbsAccumulator, float multiplier, int64_t maxAbsResidual,
                           float residualMultiplier, int32_t zeroPoint);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_ACCUMULATORBOUND_H

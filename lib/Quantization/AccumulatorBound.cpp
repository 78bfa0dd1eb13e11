// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bounds of accumulators and the proofs that rest on them.

#include "qopt/Quantization/AccumulatorBound.h"

#include <algorithm>
#include <limits>

namespace qopt::numerics {

void AccumulatorInterval::unite(const AccumulatorInterval &other) {
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

bool AccumulatorInterval::fitsInt32() const {
  return min >= std::numeric_limits<int32_t>::min() && max <= std::numeric_limits<int32_t>::max();
}

AccumulatorInterval boundSum(const Storage &input, int32_t zeroPoint, int64_t count) {
  return {(int64_t{input.min} - zeroPoint) * count, (int64_t{input.max} - zeroPoint) * count};
}

AccumulatorInterval boundProduct(const Storage &a, int32_t zeroA, const Storage &b, int32_t zeroB) {
  int64_t aEnds[] = {int64_t{a.min} - zeroA, int64_t{a.max} - zeroA};
  int64_t bEnds[] = {int64_t{b.min} - zeroB, int64_t{b.max} - zeroB};
  int64_t products[] = {aEnds[0] * bEnds[0], aEnds[0] * bEnds[1], aEnds[1] * bEnds[0],
                        aEnds[1] * bEnds[1]};
  auto [least, greatest] = std::minmax_element(std::begin(products), std::end(products));
  return {*least, *greatest};
}

bool int16PairIsExact(const Storage &activations, const Storage &weights) {
  return 2 * largestMagnitude(activations, 0) * largestMagnitude(weights, 0) <=
         std::numeric_limits<int16_t>::max();
}

static bool fitsWithZeroPoint(float extreme, int32_t zeroPoint) {
  return double(extreme) + std::abs(double(zeroPoint)) < 0x1p31;
}

bool fp32ProductFitsInt32(int64_t maxAbsAccumulator, float multiplier, int32_t zeroPoint) {
  float product = static_cast<float>(maxAbsAccumulator) * multiplier;
  return fitsWithZeroPoint(product, zeroPoint);
}

bool fp32ResidualFitsInt32(int64_t maxAbsAccumulator, float multiplier, int64_t maxAbsResidual,
                           float residualMultiplier, int32_t zeroPoint) {
  float product = static_cast<float>(maxAbsAccumulator) * multiplier;
  float addend = static_cast<float>(maxAbsResidual) * residualMultiplier;
  float sum = product + addend;
  return fitsWithZeroPoint(sum, zeroPoint);
}

} // namespace qopt::numerics

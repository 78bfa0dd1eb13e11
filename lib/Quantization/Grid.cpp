// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nudging of ranges to grids, and the conversions between reals and codes.

#include "qopt/Quantization/Grid.h"
#include "qopt/Quantization/Rounding.h"

namespace qopt::numerics {

int32_t Storage::clamp(int64_t code) const {
  return static_cast<int32_t>(std::clamp<int64_t>(code, min, max));
}

Storage signedStorage(unsigned bits, bool narrow) {
  int32_t max = (1 << (bits - 1)) - 1;
  return {narrow ? -max : -max - 1, max};
}

template <typename... Args> static llvm::Error invalid(const char *format, const Args &...args) {
  return llvm::createStringError(std::errc::invalid_argument, format, args...);
}

/// The code of real zero on a symmetric grid: 0 for signed storage, the upper
/// of the two middle codes for unsigned.
static int32_t middleCode(const Storage &storage) {
  return static_cast<int32_t>((int64_t{storage.min} + storage.max + 1) >> 1);
}

float raiseToPowerOfTwo(float scale) {
  int exponent;
  return std::frexp(scale, &exponent) == 0.5f ? scale : std::ldexp(1.0f, exponent);
}

/// Below the least normal float a scale would lose precision or become zero.
static float roundScale(double scale, Scales scales) {
  float rounded = std::max(static_cast<float>(scale), std::numeric_limits<float>::min());
  return scales == Scales::PowersOfTwo ? raiseToPowerOfTwo(rounded) : rounded;
}

static Grid symmetricGrid(double magnitude, const Storage &storage, Scales scales) {
  int32_t middle = middleCode(storage);
  return {roundScale(magnitude / (double(storage.max) - middle), scales), middle, storage};
}

static bool isNearlySymmetric(double lo, double hi) {
  return std::abs(lo + hi) <= 0.01 * std::max(-lo, hi);
}

llvm::Expected<Grid> gridForRange(Range range, Storage storage, Symmetry symmetry, Scales scales) {
  if (!std::isfinite(range.lo) || !std::isfinite(range.hi) || range.lo > range.hi)
    return invalid("range [%g, %g] is not a finite interval", range.lo, range.hi);
  if (storage.max <= middleCode(storage))
    return invalid("storage <%d:%d> is too small for a grid", storage.min, storage.max);

  double lo = std::min(range.lo, 0.0);
  double hi = std::max(range.hi, 0.0);
  double magnitude = std::max(-lo, hi);
  if (magnitude == 0.0)
    return Grid{1.0f, middleCode(storage), storage};
  if (magnitude > std::numeric_limits<float>::max())
    return invalid("range [%g, %g] exceeds single precision", range.lo, range.hi);
  if (symmetry == Symmetry::Symmetric || isNearlySymmetric(lo, hi))
    return symmetricGrid(magnitude, storage, scales);

  float scale = roundScale((hi - lo) / (double(storage.max) - storage.min), scales);
  double zero = roundToNearestEven(storage.min - lo / scale);
  return Grid{scale, storage.clamp(static_cast<int64_t>(zero)), storage};
}

Range representableRange(const Grid &grid) {
  double scale = grid.scale;
  return {scale * (double(grid.storage.min) - grid.zeroPoint),
          scale * (double(grid.storage.max) - grid.zeroPoint)};
}

llvm::Error checkGrid(const Grid &grid) {
  if (!(grid.scale > 0.0f) || !std::isfinite(grid.scale))
    return invalid("scale %g is not a positive finite number", grid.scale);
  if (grid.storage.min >= grid.storage.max)
    return invalid("storage <%d:%d> is empty", grid.storage.min, grid.storage.max);
  if (!grid.storage.contains(grid.zeroPoint))
    return invalid("zero point %d lies outside of the storage <%d:%d>", grid.zeroPoint,
                   grid.storage.min, grid.storage.max);
  return llvm::Error::success();
}

int32_t quantizeValue(float x, const Grid &grid) {
  if (std::isnan(x))
    return grid.zeroPoint;
  float quotient = x / grid.scale;
  return grid.storage.clamp(int64_t{roundToInt32Saturating(quotient)} + grid.zeroPoint);
}

int32_t storageBound(double bound, const Grid &grid) {
  int64_t code = roundToInt32Saturating(bound / grid.scale);
  return grid.storage.clamp(code + grid.zeroPoint);
}

int64_t largestMagnitude(const Storage &storage, int32_t zeroPoint) {
  return std::max(std::abs(int64_t{storage.min} - zeroPoint),
                  std::abs(int64_t{storage.max} - zeroPoint));
}

} // namespace qopt::numerics

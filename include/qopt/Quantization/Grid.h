// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The affine grid x = scale·(q - zeroPoint): from a real range to a grid, and
// between real values and codes.

#ifndef QOPT_QUANTIZATION_GRID_H
#define QOPT_QUANTIZATION_GRID_H

#include "llvm/Support/Error.h"

#include <cstdint>

namespace qopt::numerics {

/// Inclusive bounds of the stored integers, for instance [-128, 127], or
/// [-127, 127] for narrow range.
struct Storage {
  int32_t min = -128;
  int32_t max = 127;

  int32_t clamp(int64_t code) const;
  bool contains(int64_t code) const { return code >= min && code <= max; }
  bool operator==(const Storage &other) const { return min == other.min && max == other.max; }
};

/// Signed storage of `bits` bits (2..16); narrow range leaves out the most
/// negative code.
Storage signedStorage(unsigned bits, bool narrow);

/// One scale and one zero point over a storage.
struct Grid {
  float scale = 1.0f;
  int32_t zeroPoint = 0;
  Storage storage;

  bool operator==(const Grid &other) const {
    return scale == other.scale && zeroPoint == other.zeroPoint && storage == other.storage;
  }
};

/// A closed interval of real numbers.
struct Range {
  double lo = 0.0;
  double hi = 0.0;
};

enum class Symmetry : uint8_t { Asymmetric, Symmetric };

/// Which scales a grid may have.
enum class Scales : uint8_t { Any, PowersOfTwo };

/// The least power of two that is not below `scale`, a positive normal float of
/// at most 2^126.
float raiseToPowerOfTwo(float scale);

/// Turns an observed range into a grid on which real zero is exactly the zero
/// point.
///
/// The range is first widened to contain zero. An asymmetric range whose ends
/// differ in magnitude by at most 1 % becomes symmetric, because its zero point
/// would fall half-way between two codes and turn every value into a tie. An
/// all-zero range gets scale 1; a scale below the least normal float is raised
/// to it. A power of two is the next one up, so that nothing of the range is
/// clipped, and the zero point follows from it. NaN, infinite or inverted
/// ranges are errors.
llvm::Expected<Grid> gridForRange(Range range, Storage storage, Symmetry symmetry,
                                  Scales scales = Scales::Any);

/// The real interval that the grid represents: scale·(storage - zeroPoint).
Range representableRange(const Grid &grid);

/// Why a grid is not usable (scale not a positive finite float, zero point
/// outside its storage, empty storage), or success.
llvm::Error checkGrid(const Grid &grid);

/// clamp(rne(f32(x / s)) + z). A true division; NaN gives the zero point,
/// infinities saturate.
int32_t quantizeValue(float x, const Grid &grid);

/// f32(f32(q - z)·s).
inline float dequantizeValue(int32_t code, const Grid &grid) {
  return static_cast<float>(code - grid.zeroPoint) * grid.scale;
}

/// The level-2 value of x: dequantize(quantize(x)).
inline float fakeQuantizeValue(float x, const Grid &grid) {
  return dequantizeValue(quantizeValue(x, grid), grid);
}

/// The code of a real clamp bound: clamp(rne(bound / s) + z), in double.
/// Infinite bounds saturate to the storage's own bounds.
int32_t storageBound(double bound, const Grid &grid);

/// max|q - z| over the storage: the largest magnitude an operand can have.
int64_t largestMagnitude(const Storage &storage, int32_t zeroPoint);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_GRID_H

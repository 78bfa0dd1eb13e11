// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How one tensor lies in memory. Kernels take their strides from here and assume nothing else.
#ifndef QOPT_CODEGEN_BUFFERLAYOUT_H
#define QOPT_CODEGEN_BUFFERLAYOUT_H

#include <algorithm>
#include <cstdint>

namespace qopt::codegen {

/// A border of pixels around every image, filled by the producer with the tensor's zero point.
struct Halo {
  int64_t top = 0, left = 0, bottom = 0, right = 0;

  bool empty() const { return !(top || left || bottom || right); }
  /// The least halo that serves both.
  void include(const Halo &other) {
    top = std::max(top, other.top), left = std::max(left, other.left);
    bottom = std::max(bottom, other.bottom), right = std::max(right, other.right);
  }
  bool covers(const Halo &other) const {
    return top >= other.top && left >= other.left && bottom >= other.bottom && right >= other.right;
  }
  bool operator==(const Halo &other) const { return covers(other) && other.covers(*this); }
};

/// Strides are in bytes; a kernel's pointer to a tensor is the address of its first interior
/// element, so halo pixels lie at negative offsets. Rank 2 `[N, C]` is n = N, h = w = 1; any other
/// rank but 4 is dense with c = the last dimension and n = the product of the others.
///
/// A tensor may be a caller's buffer, of which nothing is known but the alignment of the element
/// type; `alignment` is what the buffer plan vouches for.
struct BufferLayout {
  int64_t n = 1, h = 1, w = 1, c = 1;
  int64_t elementBytes = 1; ///< 1: codes; 4: f32
  int64_t pixelStride = 1;  ///< >= c * elementBytes; bytes between (…, c) are never read as data
  int64_t rowStride = 1;    ///< between (y, x) and (y + 1, x), halo included
  int64_t imageStride = 1;  ///< between images, halo included
  Halo halo;
  bool isFloat = false;  ///< f32; else codes
  bool flipped = false;  ///< codes at rest are the level-3 codes XOR 128 (unsigned at rest)
  int32_t zeroPoint = 0; ///< of the level-3 type, *not* shifted by `flipped`
  int64_t alignment = 1; ///< of the address of the first interior element

  /// The layout of `n x h x w x c` elements with `halo` and pixels padded to `pixelMultiple`
  /// channels; sets the strides, leaves the rest.
  void setStrides(const Halo &border, int64_t pixelMultiple) {
    halo = border;
    pixelStride = (c + pixelMultiple - 1) / pixelMultiple * pixelMultiple * elementBytes;
    rowStride = (halo.left + w + halo.right) * pixelStride;
    imageStride = (halo.top + h + halo.bottom) * rowStride;
  }
  bool dense() const {
    return halo.empty() && pixelStride == c * elementBytes && rowStride == w * pixelStride &&
           imageStride == h * rowStride;
  }
  int64_t offset(int64_t image, int64_t y, int64_t x, int64_t channel) const {
    return image * imageStride + y * rowStride + x * pixelStride + channel * elementBytes;
  }
  /// From the buffer's first byte to the first interior element.
  int64_t interiorOffset() const { return halo.top * rowStride + halo.left * pixelStride; }
  int64_t bytes() const { return n * imageStride; }
  /// Of the address of any pixel's channel that is a multiple of `channels`.
  int64_t alignmentAt(int64_t channels) const {
    uint64_t all = alignment | pixelStride | rowStride | channels * elementBytes;
    if (n > 1)
      all |= imageStride;
    return static_cast<int64_t>(all & -all);
  }
  int64_t elements() const { return n * h * w * c; }
  /// The zero point as stored.
  int32_t zeroAtRest() const { return flipped ? zeroPoint + 128 : zeroPoint; }

  bool sameBytes(const BufferLayout &other) const {
    return n == other.n && h == other.h && w == other.w && c == other.c &&
           elementBytes == other.elementBytes && pixelStride == other.pixelStride &&
           halo == other.halo && isFloat == other.isFloat && flipped == other.flipped;
  }
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_BUFFERLAYOUT_H

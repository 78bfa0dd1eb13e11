// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Geometry: borders, and rows and images of pointwise layers merged.
#include "qopt/Codegen/DotLayer.h"

namespace qopt::codegen {

Halo haloOf(const Window &window, int64_t height, int64_t width) {
  auto after = [](const WindowDim &dim, int64_t input) {
    int64_t last = (dim.outputSize(input) - 1) * dim.stride + dim.extent() - dim.padLow;
    return std::max<int64_t>(0, last - input);
  };
  Halo halo;
  halo.top = window.height.padLow, halo.left = window.width.padLow;
  halo.bottom = after(window.height, height), halo.right = after(window.width, width);
  return halo;
}

Taps tapsInside(const WindowDim &dim, int64_t input, int64_t first, int64_t last) {
  auto tapAt = [&](int64_t pixel) {
    int64_t tap = std::max<int64_t>(0, pixel + dim.dilation - 1) / dim.dilation;
    return std::min(dim.kernel, tap);
  };
  return {tapAt(dim.padLow - last * dim.stride), tapAt(input + dim.padLow - first * dim.stride)};
}

static bool rowsAreContiguous(const BufferLayout &layout) {
  return layout.h == 1 || layout.rowStride == layout.w * layout.pixelStride;
}

static bool imagesAreContiguous(const BufferLayout &layout) {
  return layout.n == 1 || layout.imageStride == layout.h * layout.w * layout.pixelStride;
}

static void mergeRows(BufferLayout &layout) {
  layout.w *= layout.h, layout.h = 1;
  layout.rowStride = layout.w * layout.pixelStride;
}

static void mergeImages(BufferLayout &layout) {
  layout.w *= layout.n, layout.n = 1;
  layout.rowStride = layout.imageStride = layout.w * layout.pixelStride;
}

void DotLayer::flatten() {
  if (!isPointwise())
    return;
  llvm::SmallVector<BufferLayout *> layouts = {&input, &output};
  if (residual)
    layouts.push_back(&*residual);
  if (!llvm::all_of(layouts, [](BufferLayout *l) { return rowsAreContiguous(*l); }))
    return;
  bool images = llvm::all_of(layouts, [](BufferLayout *l) { return imagesAreContiguous(*l); });
  for (BufferLayout *layout : layouts) {
    mergeRows(*layout);
    if (images)
      mergeImages(*layout);
  }
}

void DotLayer::splitRow(int64_t rows) {
  auto split = [&](BufferLayout &layout) {
    layout.h = rows, layout.w /= rows;
    layout.rowStride = layout.w * layout.pixelStride;
  };
  split(input);
  split(output);
  if (residual)
    split(*residual);
}

} // namespace qopt::codegen

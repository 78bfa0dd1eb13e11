// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives through one layer with weights, by plain loops.
#ifndef QOPT_LIB_EQUALIZATION_LAYERGRADIENT_H
#define QOPT_LIB_EQUALIZATION_LAYERGRADIENT_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

namespace qopt {

/// Which input pixels the windows of an op see. Shapes are [N, H, W, C].
class WindowTaps {
public:
  WindowTaps(llvm::ArrayRef<int64_t> input, llvm::ArrayRef<int64_t> result, const Window &window)
      : window(window), images(input[0]), height(input[1]), width(input[2]),
        resultHeight(result[1]), resultWidth(result[2]) {}
  /// `pixels` windows of one pixel each: a fully connected layer.
  explicit WindowTaps(int64_t pixels)
      : images(1), height(1), width(pixels), resultHeight(1), resultWidth(pixels) {}

  /// Calls visit(result pixel, tap, input pixel) wherever a tap does not lie on padding.
  template <typename VisitFn> void forEach(VisitFn &&visit) const {
    const WindowDim &rows = window.height, &columns = window.width;
    for (int64_t image = 0; image < images; ++image)
      for (int64_t y = 0; y < resultHeight; ++y)
        for (int64_t x = 0; x < resultWidth; ++x)
          for (int64_t tap = 0; tap < rows.kernel * columns.kernel; ++tap) {
            int64_t h = y * rows.stride - rows.padLow + tap / columns.kernel * rows.dilation;
            int64_t w =
                x * columns.stride - columns.padLow + tap % columns.kernel * columns.dilation;
            if (h >= 0 && h < height && w >= 0 && w < width)
              visit((image * resultHeight + y) * resultWidth + x, tap,
                    (image * height + h) * width + w);
          }
  }

private:
  Window window;
  int64_t images, height, width, resultHeight, resultWidth;
};

class LayerGradient {
public:
  explicit LayerGradient(WeightedOpInterface layer);

  /// From the derivative by the layer's results, adds those by its input and by its weights, whose
  /// input counts as `input`.
  void add(llvm::ArrayRef<float> gradient, llvm::ArrayRef<float> weights,
           llvm::ArrayRef<float> input, llvm::MutableArrayRef<float> inputGradient,
           llvm::MutableArrayRef<float> weightGradient) const;

private:
  WindowTaps taps;
  int64_t numTaps = 1, inputs, outputs, groups = 1;
  bool depthwise = false; ///< weights [taps, C * M]
};

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_LAYERGRADIENT_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A convolution, depthwise convolution or fully connected layer as numbers, without its op.
#ifndef QOPT_CODEGEN_DOTLAYER_H
#define QOPT_CODEGEN_DOTLAYER_H

#include "qopt/Codegen/BufferLayout.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"
#include "qopt/Quantization/Requantize.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace qopt::codegen {

/// The border that `window` reads around an input of this extent.
Halo haloOf(const Window &window, int64_t height, int64_t width);

/// The taps [begin, end) of a kernel that meet the input for any of the results first .. last.
struct Taps {
  int64_t begin = 0, end = 0;
  int64_t count() const { return std::max<int64_t>(0, end - begin); }
};
Taps tapsInside(const WindowDim &dim, int64_t input, int64_t first, int64_t last);

/// From accumulators to results. Vectors hold one value or one per output channel; codes are those
/// of level 3 (signed), zero points those of the types.
struct ResultSpec {
  llvm::SmallVector<numerics::Multiplier> multipliers; ///< code results
  llvm::SmallVector<float> floatScales;                ///< f32 results: f32(s_x·s_w[c])
  llvm::SmallVector<int32_t> lower, upper;             ///< code results
  int64_t maxAbsAccumulator = 0x7fffffff;
  float residualMultiplier = 0; ///< f32(s_r / s_y)
  bool accumulators = false;    ///< the i32 sums themselves

  bool isFloat() const { return !floatScales.empty(); }
};

/// Shapes come from the layouts: output channels are `output.c`, input channels `input.c`.
struct DotLayer {
  BufferLayout input, output;
  std::optional<BufferLayout> residual;
  Window window;
  int64_t groups = 1;
  llvm::SmallVector<int32_t> weights;          ///< codes, [OC][KH][KW][C/groups]
  llvm::SmallVector<int32_t> weightZeroPoints; ///< one or OC
  llvm::SmallVector<int32_t> bias;             ///< empty or OC
  ResultSpec result;

  int64_t channelsPerGroup() const { return input.c / groups; }
  int64_t outputsPerGroup() const { return output.c / groups; }
  int32_t weightZeroPoint(int64_t channel) const {
    return weightZeroPoints[weightZeroPoints.size() == 1 ? 0 : channel];
  }
  int32_t weight(int64_t channel, int64_t y, int64_t x, int64_t c) const {
    const Window &w = window;
    return weights[((channel * w.height.kernel + y) * w.width.kernel + x) * channelsPerGroup() + c];
  }
  bool hasNarrowWeights() const { return !llvm::is_contained(weights, -128); }
  bool isPointwise() const {
    auto unit = [](const WindowDim &d) {
      return d.kernel == 1 && d.stride == 1 && d.padLow == 0 && d.padHigh == 0;
    };
    return unit(window.height) && unit(window.width);
  }

  /// The border of the input is 0 at rest: what kernels read there adds nothing.
  bool hasZeroBorder() const { return input.zeroAtRest() == 0; }

  /// Where the window is a single pixel, rows (and images) that follow one another without a gap
  /// become one row: tiles then need no tails at the ends of the rows.
  void flatten();
  /// Cuts the one row of a flattened layer into `rows` equal ones, for tasks to share.
  void splitRow(int64_t rows);
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_DOTLAYER_H

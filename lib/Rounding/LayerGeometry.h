// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A layer with weights as products of matrices.
#ifndef QOPT_LIB_ROUNDING_LAYERGEOMETRY_H
#define QOPT_LIB_ROUNDING_LAYERGEOMETRY_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

namespace qopt {

/// Each output channel (row) multiplies `inputs` values with its weights. Rows of one group read
/// the same values; a depthwise convolution has a group per input channel, a fully connected layer
/// is a convolution of images of one pixel.
class LayerGeometry {
public:
  /// None for an op that is no layer of the dialect.
  static std::optional<LayerGeometry> get(WeightedOpInterface layer);

  int64_t groups() const { return groupCount; }
  int64_t inputs() const { return taps() * groupChannels; }
  int64_t rows() const { return rowCount; }
  int64_t groupOf(int64_t row) const { return row / (rowCount / groupCount); }

  /// Where the weight of `row` for `input` is in the row-major weights.
  int64_t weightIndex(int64_t row, int64_t input) const {
    return rowsLast ? input * rowCount + row : row * inputs() + input;
  }

  /// Hands out the vectors that the rows of `group` see, one per output pixel, in blocks of rows
  /// of inputs() values. Padding reads as zero.
  using Receiver = llvm::function_ref<void(llvm::ArrayRef<double> vectors)>;
  void forEachVector(llvm::ArrayRef<float> activation, int64_t group, Receiver receive) const;

private:
  int64_t taps() const { return window.height.kernel * window.width.kernel; }
  void gather(const float *image, int64_t row, int64_t column, double *vector) const;

  Window window;
  int64_t images = 1, height = 1, width = 1, channels = 1; ///< of the activation
  int64_t outputHeight = 1, outputWidth = 1;
  int64_t groupCount = 1, groupChannels = 1, rowCount = 1;
  bool rowsLast = false;
};

} // namespace qopt

#endif // QOPT_LIB_ROUNDING_LAYERGEOMETRY_H

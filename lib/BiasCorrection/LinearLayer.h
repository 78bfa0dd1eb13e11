// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mean of a layer's sums, from sums of its inputs.
#ifndef QOPT_LIB_BIASCORRECTION_LINEARLAYER_H
#define QOPT_LIB_BIASCORRECTION_LINEARLAYER_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

#include <algorithm>
#include <type_traits>
#include <vector>

namespace qopt {

/// A layer with weights, y[o] = Σ w[o, tap, c]·x[tap, c] + b[o], at every output pixel. Summed over
/// all pixels, w[o, tap, c] multiplies the sum of the inputs that it meets: a sum for each tap and
/// input channel is all that the mean of y depends on. Padding adds nothing.
class LinearLayer {
public:
  explicit LinearLayer(WeightedOpInterface op);

  /// Sums of one layer: one for each tap and input channel.
  int64_t numSums() const { return numTaps() * channels; }
  int64_t numOutputs() const { return outputs; }
  /// Results of one channel in one run.
  int64_t numPixels() const { return images * resultHeight * resultWidth; }

  /// Adds one run's inputs (row major) to `sums`.
  template <typename T> void addInputs(const T *input, llvm::MutableArrayRef<double> sums) const;
  /// Takes `value` off every input of `runs` runs that was summed (a zero point).
  void subtractFromInputs(double value, int64_t runs, llvm::MutableArrayRef<double> sums) const;

  /// Σ weight(index)·sums for each output channel; `index` is that of the weight's element.
  template <typename WeightFn>
  std::vector<double> apply(llvm::ArrayRef<double> sums, WeightFn weight) const;

  /// Calls visit(index of the weight's element, output channel) for every weight.
  template <typename VisitFn> void forEachWeight(VisitFn visit) const {
    std::vector<double> unused(numSums());
    apply(unused, [&](int64_t index, int64_t output) { return visit(index, output), 0.0; });
  }

private:
  int64_t numTaps() const { return window.height.kernel * window.width.kernel; }
  template <typename T> using Column = std::conditional_t<std::is_integral_v<T>, int32_t, double>;
  /// The input positions that `tap` of a dimension meets: [first, last) of the results.
  static std::pair<int64_t, int64_t> resultsInside(const WindowDim &dim, int64_t tap, int64_t size,
                                                   int64_t results);

  Window window;
  int64_t images = 1, height = 1, width = 1, channels = 1;
  int64_t resultHeight = 1, resultWidth = 1, outputs = 1;
  int64_t groups = 1;
  bool depthwise = false;
};

template <typename T>
void LinearLayer::addInputs(const T *input, llvm::MutableArrayRef<double> sums) const {
  std::vector<Column<T>> columns(width * channels);
  const WindowDim &down = window.height, &across = window.width;
  for (int64_t image = 0; image < images; ++image) {
    const T *pixels = input + image * height * width * channels;
    for (int64_t y = 0; y < down.kernel; ++y) {
      // First along the columns, then along the row that is left.
      std::fill(columns.begin(), columns.end(), Column<T>(0));
      auto [firstRow, lastRow] = resultsInside(down, y, height, resultHeight);
      for (int64_t row = firstRow; row < lastRow; ++row) {
        const T *line =
            pixels + (row * down.stride + y * down.dilation - down.padLow) * width * channels;
        for (size_t i = 0, end = columns.size(); i < end; ++i)
          columns[i] += line[i];
      }
      for (int64_t x = 0; x < across.kernel; ++x) {
        double *tap = sums.data() + (y * across.kernel + x) * channels;
        auto [first, last] = resultsInside(across, x, width, resultWidth);
        for (int64_t column = first; column < last; ++column) {
          const Column<T> *from =
              columns.data() +
              (column * across.stride + x * across.dilation - across.padLow) * channels;
          for (int64_t c = 0; c < channels; ++c)
            tap[c] += from[c];
        }
      }
    }
  }
}

template <typename WeightFn>
std::vector<double> LinearLayer::apply(llvm::ArrayRef<double> sums, WeightFn weight) const {
  std::vector<double> results(outputs);
  int64_t perGroup = outputs / groups, depth = depthwise ? 1 : channels / groups;
  for (int64_t o = 0; o < outputs; ++o) {
    int64_t firstChannel = o / perGroup * depth;
    for (int64_t tap = 0; tap < numTaps(); ++tap)
      for (int64_t c = 0; c < depth; ++c) {
        int64_t index = depthwise ? tap * outputs + o : (o * numTaps() + tap) * depth + c;
        results[o] += weight(index, o) * sums[tap * channels + firstChannel + c];
      }
  }
  return results;
}

/// Adds the values of each channel (the last dimension) to `sums`.
template <typename T>
void addChannels(llvm::ArrayRef<T> values, llvm::MutableArrayRef<double> sums) {
  // Sums of codes fit 32 bits for as many as a tensor of 2^24 pixels.
  using Sum = std::conditional_t<std::is_integral_v<T>, int32_t, double>;
  std::vector<Sum> own(sums.size());
  for (size_t i = 0; i < values.size(); i += own.size())
    for (size_t c = 0; c < own.size(); ++c)
      own[c] += values[i + c];
  for (size_t c = 0; c < own.size(); ++c)
    sums[c] += own[c];
}

} // namespace qopt

#endif // QOPT_LIB_BIASCORRECTION_LINEARLAYER_H

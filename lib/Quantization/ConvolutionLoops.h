// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops that integer and float convolutions share. T is uint32_t (sums
// modulo 2^32, as the contract allows) or float. Zero points are already
// subtracted, so a tap that lies in the padding adds nothing.

#ifndef QOPT_LIB_QUANTIZATION_CONVOLUTIONLOOPS_H
#define QOPT_LIB_QUANTIZATION_CONVOLUTIONLOOPS_H

#include "qopt/Quantization/TensorView.h"

#include <algorithm>
#include <vector>

namespace qopt::numerics::detail {

/// Calls body(tap, pixel) for each tap of the window at (row, column) that lies
/// inside the image, in row-major order of taps; pixel is row·W + column.
template <typename Body>
void forEachTap(const Window &window, int64_t height, int64_t width, int64_t row, int64_t column,
                Body body) {
  for (int64_t kh = 0; kh < window.kernelH; ++kh) {
    int64_t h = window.inputRow(row, kh);
    if (h < 0 || h >= height)
      continue;
    for (int64_t kw = 0; kw < window.kernelW; ++kw) {
      int64_t w = window.inputColumn(column, kw);
      if (w >= 0 && w < width)
        body(kh * window.kernelW + kw, h * width + w);
    }
  }
}

/// Calls body(image, row, column, result) for each output pixel, where result
/// points at its channels.
template <typename T, typename Body> void forEachPixel(View<T> out, Body body) {
  T *result = out.data;
  for (int64_t n = 0; n < out.dim(0); ++n)
    for (int64_t row = 0; row < out.dim(1); ++row)
      for (int64_t column = 0; column < out.dim(2); ++column, result += out.channels())
        body(n, row, column, result);
}

template <typename T> void startFromBias(llvm::ArrayRef<T> bias, T *result, int64_t channels) {
  if (bias.empty())
    std::fill_n(result, channels, T{0});
  else
    std::copy_n(bias.data(), channels, result);
}

/// [OC, taps, IC] to [taps, IC, OC]: the innermost loop then runs over output
/// channels, one sum each, in any vector width with the same result.
template <typename T>
std::vector<T> outputChannelsLast(const T *weights, int64_t outputs, int64_t inner) {
  std::vector<T> result(outputs * inner);
  for (int64_t oc = 0; oc < outputs; ++oc)
    for (int64_t i = 0; i < inner; ++i)
      result[i * outputs + oc] = weights[oc * inner + i];
  return result;
}

/// result[oc] += Σ_ic x[ic]·w[ic, oc] for the output channels of one group;
/// rows of w are `stride` apart.
template <typename T>
void accumulateTap(const T *x, int64_t inputs, const T *w, int64_t stride, int64_t outputs,
                   T *__restrict result) {
  for (int64_t ic = 0; ic < inputs; ++ic, w += stride) {
    T value = x[ic];
    for (int64_t oc = 0; oc < outputs; ++oc)
      result[oc] += value * w[oc];
  }
}

/// Weights [OC, KH, KW, IC/groups].
template <typename T>
void convolve(ConstView<T> x, ConstView<T> w, llvm::ArrayRef<T> bias, const Window &window,
              int64_t groups, View<T> out) {
  int64_t outputs = out.channels() / groups, inputs = x.channels() / groups;
  int64_t taps = window.kernelH * window.kernelW, image = x.dim(1) * x.dim(2);
  std::vector<T> weights = outputChannelsLast(w.data, out.channels(), taps * inputs);
  forEachPixel(out, [&](int64_t n, int64_t row, int64_t column, T *result) {
    startFromBias(bias, result, out.channels());
    forEachTap(window, x.dim(1), x.dim(2), row, column, [&](int64_t tap, int64_t pixel) {
      const T *values = x.data + (n * image + pixel) * x.channels();
      const T *rows = weights.data() + tap * inputs * out.channels();
      for (int64_t g = 0; g < groups; ++g)
        accumulateTap(values + g * inputs, inputs, rows + g * outputs, out.channels(), outputs,
                      result + g * outputs);
    });
  });
}

/// Weights [KH, KW, C·M].
template <typename T>
void convolveDepthwise(ConstView<T> x, ConstView<T> w, llvm::ArrayRef<T> bias, const Window &window,
                       View<T> out) {
  int64_t channels = x.channels(), multiplier = out.channels() / channels;
  int64_t image = x.dim(1) * x.dim(2);
  forEachPixel(out, [&](int64_t n, int64_t row, int64_t column, T *__restrict result) {
    startFromBias(bias, result, out.channels());
    forEachTap(window, x.dim(1), x.dim(2), row, column, [&](int64_t tap, int64_t pixel) {
      const T *values = x.data + (n * image + pixel) * channels;
      const T *weights = w.data + tap * out.channels();
      if (multiplier == 1)
        for (int64_t c = 0; c < channels; ++c)
          result[c] += values[c] * weights[c];
      else
        for (int64_t oc = 0; oc < out.channels(); ++oc)
          result[oc] += values[oc / multiplier] * weights[oc];
    });
  });
}

} // namespace qopt::numerics::detail

#endif // QOPT_LIB_QUANTIZATION_CONVOLUTIONLOOPS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain single-precision kernels.

#include "qopt/Quantization/FloatKernels.h"
#include "qopt/Quantization/ElementMovers.h"

#include "ConvolutionLoops.h"
#include "Reduction.h"

#include <cmath>
#include <limits>

namespace qopt::numerics {

void convFloat(ConstView<float> x, ConstView<float> w, llvm::ArrayRef<float> bias,
               const Window &window, int64_t groups, View<float> out) {
  detail::convolve<float>(x, w, bias, window, groups, out);
}

void depthwiseFloat(ConstView<float> x, ConstView<float> w, llvm::ArrayRef<float> bias,
                    const Window &window, View<float> out) {
  detail::convolveDepthwise<float>(x, w, bias, window, out);
}

void matmulFloat(ConstView<float> x, ConstView<float> w, llvm::ArrayRef<float> bias,
                 View<float> out) {
  int64_t inShape[] = {x.dim(0), 1, 1, x.dim(1)};
  int64_t outShape[] = {out.dim(0), 1, 1, out.dim(1)};
  detail::convolve<float>({inShape, x.data}, w, bias, Window{}, 1, {outShape, out.data});
}

void averagePoolFloat(ConstView<float> x, const Window &window, bool countPadding,
                      View<float> out) {
  int64_t height = x.dim(1), width = x.dim(2), channels = out.channels();
  std::vector<double> sums(channels);
  detail::forEachPixel(out, [&](int64_t n, int64_t row, int64_t column, float *result) {
    std::fill(sums.begin(), sums.end(), 0.0);
    int64_t count = 0;
    detail::forEachTap(window, height, width, row, column, [&](int64_t, int64_t pixel) {
      const float *values = x.data + (n * height * width + pixel) * channels;
      for (int64_t c = 0; c < channels; ++c)
        sums[c] += values[c];
      ++count;
    });
    if (countPadding)
      count = window.kernelH * window.kernelW;
    for (int64_t c = 0; c < channels; ++c)
      result[c] = count == 0 ? 0.0f : static_cast<float>(sums[c] / double(count));
  });
}

void maxPoolFloat(ConstView<float> x, const Window &window, View<float> out) {
  int64_t height = x.dim(1), width = x.dim(2), channels = out.channels();
  detail::forEachPixel(out, [&](int64_t n, int64_t row, int64_t column, float *result) {
    std::fill_n(result, channels, -std::numeric_limits<float>::infinity());
    detail::forEachTap(window, height, width, row, column, [&](int64_t, int64_t pixel) {
      const float *values = x.data + (n * height * width + pixel) * channels;
      for (int64_t c = 0; c < channels; ++c)
        result[c] = values[c] > result[c] || std::isnan(values[c]) ? values[c] : result[c];
    });
  });
}

void meanFloat(ConstView<float> x, llvm::ArrayRef<int64_t> axes, View<float> out) {
  double count = double(x.size()) / double(std::max<int64_t>(out.size(), 1));
  auto term = [](float value) { return double(value); };
  auto finish = [&](double sum) { return static_cast<float>(sum / count); };
  detail::reduce<double>(x, axes, term, finish, out);
}

void softmaxFloat(ConstView<float> x, View<float> out) {
  int64_t channels = x.channels();
  for (int64_t start = 0, end = x.size(); start < end; start += channels) {
    const float *values = x.data + start;
    double greatest = *std::max_element(values, values + channels);
    double sum = 0.0;
    for (int64_t c = 0; c < channels; ++c)
      sum += std::exp(values[c] - greatest);
    for (int64_t c = 0; c < channels; ++c)
      out.data[start + c] = static_cast<float>(std::exp(values[c] - greatest) / sum);
  }
}

void clampFloat(ConstView<float> x, llvm::ArrayRef<float> lo, llvm::ArrayRef<float> hi,
                View<float> out) {
  int64_t channels = x.channels();
  for (int64_t i = 0, end = out.size(); i < end; ++i) {
    float value = x.data[i];
    if (!lo.empty() && value < perChannel(lo, i % channels))
      value = perChannel(lo, i % channels);
    if (!hi.empty() && value > perChannel(hi, i % channels))
      value = perChannel(hi, i % channels);
    out.data[i] = value;
  }
}

void mapFloat(ConstView<float> x, llvm::function_ref<double(double)> function, View<float> out) {
  for (int64_t i = 0, end = out.size(); i < end; ++i)
    out.data[i] = static_cast<float>(function(x.data[i]));
}

void zipFloat(ConstView<float> a, ConstView<float> b,
              llvm::function_ref<float(float, float)> function, View<float> out) {
  auto left = broadcast(a, out.shape), right = broadcast(b, out.shape);
  for (int64_t i = 0, end = out.size(); i < end; ++i)
    out.data[i] = function(left[i], right[i]);
}

} // namespace qopt::numerics

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Naive integer kernels that reduce: pooling, mean, softmax.

#include "qopt/Quantization/ReferenceKernels.h"

#include "ConvolutionLoops.h"
#include "Reduction.h"

namespace qopt::numerics {

void averagePoolCodes(const Operand &x, const Window &window, bool countPadding,
                      llvm::ArrayRef<Multiplier> byCount, const OutputRule &rule, Codes out) {
  int64_t height = x.codes.dim(1), width = x.codes.dim(2), channels = out.channels();
  std::vector<int32_t> sums(channels);
  detail::forEachPixel(out, [&](int64_t n, int64_t row, int64_t column, int32_t *result) {
    std::fill(sums.begin(), sums.end(), 0);
    int64_t count = 0;
    detail::forEachTap(window, height, width, row, column, [&](int64_t, int64_t pixel) {
      const int32_t *codes = x.codes.data + (n * height * width + pixel) * channels;
      for (int64_t c = 0; c < channels; ++c)
        sums[c] += codes[c] - x.zeroPoint;
      ++count;
    });
    if (countPadding)
      count = window.kernelH * window.kernelW;
    for (int64_t c = 0; c < channels; ++c)
      result[c] = rule(count == 0 ? 0 : requantize(sums[c], byCount[count]), c);
  });
}

void maxPoolCodes(ConstCodes x, const Window &window, int32_t least, Codes out) {
  int64_t height = x.dim(1), width = x.dim(2), channels = out.channels();
  detail::forEachPixel(out, [&](int64_t n, int64_t row, int64_t column, int32_t *result) {
    std::fill_n(result, channels, least);
    detail::forEachTap(window, height, width, row, column, [&](int64_t, int64_t pixel) {
      const int32_t *codes = x.data + (n * height * width + pixel) * channels;
      for (int64_t c = 0; c < channels; ++c)
        result[c] = std::max(result[c], codes[c]);
    });
  });
}

void meanCodes(const Operand &x, llvm::ArrayRef<int64_t> axes, const Multiplier &multiplier,
               const OutputRule &rule, Codes out) {
  int64_t index = 0;
  auto term = [&](int32_t code) { return code - x.zeroPoint; };
  auto finish = [&](int32_t sum) {
    return rule(requantize(sum, multiplier), index++ % out.channels());
  };
  detail::reduce<int32_t>(x.codes, axes, term, finish, out);
}

void softmaxCodes(ConstCodes x, const SoftmaxTable &table, const OutputRule &rule, Codes out) {
  int64_t channels = x.channels();
  for (int64_t start = 0, end = x.size(); start < end; start += channels) {
    const int32_t *codes = x.data + start;
    int32_t greatest = *std::max_element(codes, codes + channels);
    uint64_t sum = 0;
    for (int64_t c = 0; c < channels; ++c)
      sum += table[greatest - codes[c]];
    for (int64_t c = 0; c < channels; ++c)
      out.data[start + c] = rule(softmaxCode(table[greatest - codes[c]], sum), c);
  }
}

} // namespace qopt::numerics

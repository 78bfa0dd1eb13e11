// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference kernels against a second, differently written evaluation: each
// output element by itself, from its definition, in 64 bit.

#include "qopt/Quantization/ReferenceKernels.h"
#include "qopt/Quantization/ElementMovers.h"
#include "qopt/Quantization/FloatKernels.h"

#include "Exact.h"
#include "gtest/gtest.h"

#include <vector>

using namespace qopt::numerics;
using namespace qopt::exact;

namespace {

struct Tensor {
  std::vector<int64_t> shape;
  std::vector<int32_t> data;

  explicit Tensor(std::vector<int64_t> shape) : shape(shape), data(elementCount(shape)) {}
  Tensor(std::vector<int64_t> shape, Numbers &numbers) : Tensor(std::move(shape)) {
    for (int32_t &value : data)
      value = numbers.between(-128, 127);
  }
  Codes view() { return {shape, data.data()}; }
  int64_t at(int64_t a, int64_t b, int64_t c, int64_t d) const {
    return data[((a * shape[1] + b) * shape[2] + c) * shape[3] + d];
  }
};

struct ConvCase {
  int64_t height, width, channels, outputs, groups;
  Window window;
  int64_t padBottom, padRight;

  int64_t outHeight() const {
    return (height + window.padTop + padBottom - window.dilationH * (window.kernelH - 1) - 1) /
               window.strideH +
           1;
  }
  int64_t outWidth() const {
    return (width + window.padLeft + padRight - window.dilationW * (window.kernelW - 1) - 1) /
               window.strideW +
           1;
  }
};

} // namespace

static const ConvCase kConvCases[] = {
    {1, 1, 1, 1, 1, {}, 0, 0},                       // the least
    {5, 7, 3, 4, 1, {3, 3, 1, 1, 1, 1, 1, 1}, 1, 1}, // same padding
    {8, 8, 3, 5, 1, {3, 3, 2, 2, 1, 1, 0, 0}, 1, 1}, // asymmetric padding
    {9, 6, 4, 6, 2, {3, 2, 1, 2, 2, 1, 2, 0}, 2, 1}, // groups, dilation
    {4, 4, 2, 3, 1, {5, 5, 1, 1, 1, 1, 2, 2}, 2, 2}, // kernel larger than the image
    {6, 5, 6, 6, 6, {3, 3, 1, 1, 1, 1, 1, 1}, 1, 1}, // as many groups as channels
};

/// One accumulator by definition; padding contributes q = z_x.
static int64_t convElement(const ConvCase &c, const Tensor &x, const Tensor &w, int32_t zx,
                           int64_t zw, int64_t n, int64_t oh, int64_t ow, int64_t oc) {
  int64_t perGroup = c.channels / c.groups, group = oc / (c.outputs / c.groups), sum = 0;
  for (int64_t ic = 0; ic < perGroup; ++ic)
    for (int64_t kw = 0; kw < c.window.kernelW; ++kw)
      for (int64_t kh = 0; kh < c.window.kernelH; ++kh) {
        int64_t h = oh * c.window.strideH + kh * c.window.dilationH - c.window.padTop;
        int64_t v = ow * c.window.strideW + kw * c.window.dilationW - c.window.padLeft;
        bool inside = h >= 0 && h < c.height && v >= 0 && v < c.width;
        int64_t code = inside ? x.at(n, h, v, group * perGroup + ic) : zx;
        sum += (code - zx) * (w.at(oc, kh, kw, ic) - zw);
      }
  return sum;
}

TEST(ConvAccumulate, AgainstTheDefinition) {
  Numbers numbers(1);
  for (const ConvCase &c : kConvCases) {
    Tensor x({2, c.height, c.width, c.channels}, numbers);
    Tensor w({c.outputs, c.window.kernelH, c.window.kernelW, c.channels / c.groups}, numbers);
    Tensor acc({2, c.outHeight(), c.outWidth(), c.outputs});
    std::vector<int32_t> bias(c.outputs), zw(c.outputs);
    for (int64_t oc = 0; oc < c.outputs; ++oc)
      bias[oc] = numbers.between(-5000, 5000), zw[oc] = numbers.between(-3, 3);
    int32_t zx = numbers.between(-128, 127);
    convAccumulate({x.view(), zx}, {w.view(), zw}, bias, c.window, c.groups, acc.view());
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t oh = 0; oh < c.outHeight(); ++oh)
        for (int64_t ow = 0; ow < c.outWidth(); ++ow)
          for (int64_t oc = 0; oc < c.outputs; ++oc)
            ASSERT_EQ(acc.at(n, oh, ow, oc),
                      bias[oc] + convElement(c, x, w, zx, zw[oc], n, oh, ow, oc));
  }
}

TEST(ConvAccumulate, IntermediateWrapIsHarmless) {
  // Partial sums pass 2^31, the final sum is small.
  Tensor x({1, 1, 1, 3}), w({1, 1, 1, 3}), acc({1, 1, 1, 1});
  x.data = {255, 255, 255};
  w.data = {8000000, 8000000, -16000000};
  int32_t zero = 0, bias = 2000000000;
  convAccumulate({x.view(), 0}, {w.view(), zero}, bias, Window{}, 1, acc.view());
  EXPECT_EQ(acc.data[0], 2000000000);
}

TEST(DepthwiseAccumulate, IsAGroupedConvolution) {
  Numbers numbers(2);
  for (int64_t multiplier : {1, 2, 3}) {
    int64_t channels = 5, outputs = channels * multiplier;
    Window window{3, 2, 2, 1, 1, 2, 1, 0};
    Tensor x({2, 7, 6, channels}, numbers), w({3, 2, outputs}, numbers);
    Tensor grouped({outputs, 3, 2, 1});
    for (int64_t tap = 0; tap < 6; ++tap)
      for (int64_t oc = 0; oc < outputs; ++oc)
        grouped.data[oc * 6 + tap] = w.data[tap * outputs + oc];
    std::vector<int32_t> bias(outputs, 7), zw(outputs);
    for (int32_t &value : zw)
      value = numbers.between(-3, 3);
    Tensor acc({2, 4, 4, outputs}), expected({2, 4, 4, outputs});
    depthwiseAccumulate({x.view(), -3}, {w.view(), zw}, bias, window, acc.view());
    convAccumulate({x.view(), -3}, {grouped.view(), zw}, bias, window, channels, expected.view());
    EXPECT_EQ(acc.data, expected.data);
  }
}

TEST(MatmulAccumulate, AtTheAccumulatorLimit) {
  // K = 66311 terms of 255·127 are the most that fit int32.
  int64_t k = 66311;
  Tensor x({2, k}), w({2, k}), acc({2, 2});
  std::fill(x.data.begin(), x.data.end(), 127);
  std::fill(w.data.begin(), w.data.begin() + k, 127);
  std::fill(w.data.begin() + k, w.data.end(), -127);
  int32_t zero = 0;
  matmulAccumulate({x.view(), -128}, {w.view(), zero}, {}, acc.view());
  EXPECT_EQ(acc.data, (std::vector<int32_t>{2147481735, -2147481735, 2147481735, -2147481735}));
}

TEST(Epilogue, PerChannelMultipliersAndClamps) {
  Tensor acc({2, 2}), out({2, 2});
  acc.data = {10, 10, -10, 1000};
  Multiplier multipliers[] = {Fp32Multiplier{0.25f}, Fp32Multiplier{0.5f}};
  int32_t lo[] = {0, -128}, hi[] = {127, 50};
  requantizeAccumulator(acc.view(), multipliers, {1, lo, hi}, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{3, 6, 0, 50})); // 2.5 ties to 2
}

TEST(Epilogue, ResidualAndFloatResult) {
  Tensor acc({1, 2}), residual({1, 2}), out({1, 2});
  acc.data = {10, -7};
  residual.data = {5, 5};
  Multiplier half = Fp32Multiplier{0.5f};
  int32_t lo = -128, hi = 127;
  requantizeWithResidual(acc.view(), half, {residual.view(), 2}, 1.5f, {0, lo, hi}, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{10, 1})); // 5 + 4.5 = 9.5 → 10; -3.5 + 4.5
  float scales[] = {0.5f, 0.25f}, reals[2];
  dequantizeAccumulator(acc.view(), scales, {acc.shape, reals});
  EXPECT_EQ(reals[0], 5.0f);
  EXPECT_EQ(reals[1], -1.75f);
}

TEST(AddCodes, Broadcasts) {
  Tensor a({1, 2, 1, 2}), b({2}), out({1, 2, 1, 2});
  a.data = {1, 2, 3, 4};
  b.data = {10, 20};
  AddConstants unit = Fp32Add{1.0f, 1.0f};
  int32_t lo = -128, hi = 127;
  addCodes({a.view(), 0}, {b.view(), 0}, true, unit, {0, lo, hi}, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{-9, -18, -7, -16}));
  multiplyCodes({a.view(), 1}, {b.view(), 0}, Fp32Multiplier{1.0f}, {0, lo, hi}, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{0, 20, 20, 60}));
}

TEST(AveragePool, BothPadCountings) {
  Tensor x({1, 2, 2, 1}), out({1, 2, 2, 1});
  x.data = {11, 12, 13, 18}; // minus z: 1 2 3 8
  Window window{2, 2, 1, 1, 1, 1, 1, 1};
  std::vector<Multiplier> byCount{Fp32Multiplier{0}};
  for (int count = 1; count <= 4; ++count)
    byCount.push_back(Fp32Multiplier{averageMultiplier(1.0f, 0.25f, count).single});
  int32_t lo = -128, hi = 127;
  averagePoolCodes({x.view(), 10}, window, false, byCount, {0, lo, hi}, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{4, 6, 8, 14})); // 1, 3/2, 4/2, 14/4 in quarters
  averagePoolCodes({x.view(), 10}, window, true, byCount, {0, lo, hi}, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{1, 3, 4, 14}));
}

TEST(MaxPool, PaddingNeverWins) {
  Tensor x({1, 2, 2, 1}), out({1, 2, 2, 1});
  x.data = {-128, -100, -50, -127};
  maxPoolCodes(x.view(), {2, 2, 1, 1, 1, 1, 1, 1}, -128, out.view());
  EXPECT_EQ(out.data, (std::vector<int32_t>{-128, -100, -50, -50}));
}

TEST(Mean, OverAnyAxes) {
  Numbers numbers(3);
  Tensor x({2, 3, 4, 5}, numbers), out({2, 5});
  int64_t axes[] = {1, 2};
  Multiplier twelfth = Fp32Multiplier{1.0f / 12};
  int32_t lo = -128, hi = 127;
  meanCodes({x.view(), 9}, axes, twelfth, {-4, lo, hi}, out.view());
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t c = 0; c < 5; ++c) {
      int32_t sum = 0;
      for (int64_t i = 0; i < 12; ++i)
        sum += x.data[(n * 12 + i) * 5 + c] - 9;
      int64_t expected = requantizeToCode(sum, twelfth, -4, lo, hi);
      EXPECT_EQ(out.data[n * 5 + c], expected);
    }
}

TEST(Softmax, CodesSumToAboutOne) {
  Numbers numbers(4);
  Tensor x({20, 10}, numbers), out({20, 10});
  Grid grid = softmaxOutputGrid();
  softmaxCodes(x.view(), buildSoftmaxTable(0.05f),
               {grid.zeroPoint, grid.storage.min, grid.storage.max}, out.view());
  for (int64_t row = 0; row < 20; ++row) {
    std::vector<double> e(10);
    double sum = 0;
    for (int64_t c = 0; c < 10; ++c)
      sum += e[c] = std::exp(double(0.05f) * x.data[row * 10 + c]);
    for (int64_t c = 0; c < 10; ++c)
      EXPECT_NEAR(out.data[row * 10 + c] + 128, std::min(255.0, 256 * e[c] / sum), 0.51);
  }
}

TEST(Movers, PadConcatSliceTransposeResize) {
  std::vector<int64_t> shape{1, 2, 2, 1};
  std::vector<int32_t> in{1, 2, 3, 4};
  ConstCodes x{shape, in.data()};

  Tensor padded({1, 3, 4, 1});
  pad<int32_t>(x, {0, 1, 0, 0}, 9, padded.view());
  EXPECT_EQ(padded.data, (std::vector<int32_t>{9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9, 9}));

  Tensor joined({1, 2, 4, 1});
  concat<int32_t>({x, x}, 2, joined.view());
  EXPECT_EQ(joined.data, (std::vector<int32_t>{1, 2, 1, 2, 3, 4, 3, 4}));

  Tensor sliced({1, 2, 2, 1});
  slice<int32_t>(joined.view(), {0, 0, 1, 0}, {1, 1, 2, 1}, sliced.view());
  EXPECT_EQ(sliced.data, (std::vector<int32_t>{2, 2, 4, 4}));
  slice<int32_t>(joined.view(), {0, 1, 3, 0}, {1, -1, -2, 1}, sliced.view());
  EXPECT_EQ(sliced.data, (std::vector<int32_t>{4, 4, 2, 2}));

  Tensor transposed({1, 4, 2, 1});
  transpose<int32_t>(joined.view(), {0, 2, 1, 3}, transposed.view());
  EXPECT_EQ(transposed.data, (std::vector<int32_t>{1, 3, 2, 4, 1, 3, 2, 4}));

  Tensor resized({1, 3, 4, 1});
  resizeNearest<int32_t>(x, resized.view());
  EXPECT_EQ(resized.data, (std::vector<int32_t>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4}));
}

TEST(FloatKernels, IntegersAgreeWithTheIntegerKernels) {
  // Small integers are exact in float: one check for all shared loops.
  Numbers numbers(5);
  for (const ConvCase &c : kConvCases) {
    Tensor x({2, c.height, c.width, c.channels}, numbers);
    Tensor w({c.outputs, c.window.kernelH, c.window.kernelW, c.channels / c.groups}, numbers);
    Tensor acc({2, c.outHeight(), c.outWidth(), c.outputs});
    int32_t zero = 0;
    convAccumulate({x.view(), 0}, {w.view(), zero}, {}, c.window, c.groups, acc.view());
    std::vector<float> xf(x.data.begin(), x.data.end()), wf(w.data.begin(), w.data.end());
    std::vector<float> out(acc.data.size());
    convFloat({x.shape, xf.data()}, {w.shape, wf.data()}, {}, c.window, c.groups,
              {acc.shape, out.data()});
    EXPECT_EQ(std::vector<int32_t>(out.begin(), out.end()), acc.data);
  }
}

TEST(FloatKernels, PoolsMeansClampsAndSoftmax) {
  std::vector<int64_t> shape{1, 2, 2, 1}, reduced{1, 1};
  std::vector<float> in{1, 2, 3, 8}, out(4), mean(1);
  ConstReals x{shape, in.data()};
  Window window{2, 2, 1, 1, 1, 1, 1, 1};
  averagePoolFloat(x, window, false, {shape, out.data()});
  EXPECT_EQ(out, (std::vector<float>{1, 1.5f, 2, 3.5f}));
  averagePoolFloat(x, window, true, {shape, out.data()});
  EXPECT_EQ(out, (std::vector<float>{0.25f, 0.75f, 1, 3.5f}));
  maxPoolFloat(x, window, {shape, out.data()});
  EXPECT_EQ(out, (std::vector<float>{1, 2, 3, 8}));
  meanFloat(x, {1, 2}, {reduced, mean.data()});
  EXPECT_EQ(mean[0], 3.5f);
  clampFloat(x, {2.0f}, {3.0f}, {shape, out.data()});
  EXPECT_EQ(out, (std::vector<float>{2, 2, 3, 3}));
  std::vector<int64_t> row{1, 4};
  softmaxFloat({row, in.data()}, {row, out.data()});
  EXPECT_NEAR(out[3], 1.0 / (1 + std::exp(-5.0) + std::exp(-6.0) + std::exp(-7.0)), 1e-7);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Naive integer kernels: accumulators, their epilogues, element-wise ops.

#include "qopt/Quantization/ReferenceKernels.h"
#include "qopt/Quantization/ElementMovers.h"

#include "ConvolutionLoops.h"

namespace qopt::numerics {

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

/// q - z modulo 2^32.
static std::vector<uint32_t> centred(const Operand &x) {
  std::vector<uint32_t> result(x.codes.size());
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<uint32_t>(x.codes.data[i] - x.zeroPoint);
  return result;
}

/// q - z[c] with c = (i / inner) % channels.
static std::vector<uint32_t> centred(const WeightOperand &w, int64_t channels, int64_t inner) {
  std::vector<uint32_t> result(w.codes.size());
  for (size_t i = 0; i < result.size(); ++i) {
    int32_t zeroPoint = perChannel(w.zeroPoints, i / inner % channels);
    result[i] = static_cast<uint32_t>(w.codes.data[i] - zeroPoint);
  }
  return result;
}

/// Signed and unsigned of one width may alias.
static llvm::ArrayRef<uint32_t> asUnsigned(llvm::ArrayRef<int32_t> values) {
  return {reinterpret_cast<const uint32_t *>(values.data()), values.size()};
}
static View<uint32_t> asUnsigned(Codes view) {
  return {view.shape, reinterpret_cast<uint32_t *>(view.data)};
}

void convAccumulate(const Operand &x, const WeightOperand &w, llvm::ArrayRef<int32_t> bias,
                    const Window &window, int64_t groups, Codes acc) {
  int64_t outputs = acc.channels();
  std::vector<uint32_t> values = centred(x);
  std::vector<uint32_t> weights = centred(w, outputs, w.codes.size() / outputs);
  detail::convolve<uint32_t>({x.codes.shape, values.data()}, {w.codes.shape, weights.data()},
                             asUnsigned(bias), window, groups, asUnsigned(acc));
}

void depthwiseAccumulate(const Operand &x, const WeightOperand &w, llvm::ArrayRef<int32_t> bias,
                         const Window &window, Codes acc) {
  std::vector<uint32_t> values = centred(x);
  std::vector<uint32_t> weights = centred(w, acc.channels(), 1);
  detail::convolveDepthwise<uint32_t>({x.codes.shape, values.data()},
                                      {w.codes.shape, weights.data()}, asUnsigned(bias), window,
                                      asUnsigned(acc));
}

/// A 1×1 convolution of N images of one pixel.
void matmulAccumulate(const Operand &x, const WeightOperand &w, llvm::ArrayRef<int32_t> bias,
                      Codes acc) {
  int64_t inShape[] = {x.codes.dim(0), 1, 1, x.codes.dim(1)};
  int64_t outShape[] = {acc.dim(0), 1, 1, acc.dim(1)};
  convAccumulate({{inShape, x.codes.data}, x.zeroPoint}, w, bias, Window{}, 1,
                 {outShape, acc.data});
}

//===----------------------------------------------------------------------===//
// Epilogues
//===----------------------------------------------------------------------===//

/// Calls body(index, channel) for each element of a channels-last tensor.
template <typename Body> static void forEachElement(Shape shape, Body body) {
  int64_t channels = shape.empty() ? 1 : shape.back();
  int64_t index = 0;
  for (int64_t end = elementCount(shape); index < end;)
    for (int64_t channel = 0; channel < channels; ++channel, ++index)
      body(index, channel);
}

void requantizeAccumulator(ConstCodes acc, llvm::ArrayRef<Multiplier> multipliers,
                           const OutputRule &rule, Codes out) {
  forEachElement(out.shape, [&](int64_t i, int64_t c) {
    out.data[i] = rule(requantize(acc.data[i], multipliers[multipliers.size() == 1 ? 0 : c]), c);
  });
}

void requantizeWithResidual(ConstCodes acc, llvm::ArrayRef<Multiplier> multipliers,
                            const Operand &residual, float residualMultiplier,
                            const OutputRule &rule, Codes out) {
  forEachElement(out.shape, [&](int64_t i, int64_t c) {
    float m = std::get<Fp32Multiplier>(perChannel(multipliers, c)).value;
    int32_t addend = residual.codes.data[i] - residual.zeroPoint;
    out.data[i] = rule(requantizeWithResidual(acc.data[i], m, addend, residualMultiplier), c);
  });
}

void dequantizeAccumulator(ConstCodes acc, llvm::ArrayRef<float> scales, Reals out) {
  forEachElement(out.shape, [&](int64_t i, int64_t c) {
    out.data[i] = static_cast<float>(acc.data[i]) * perChannel(scales, c);
  });
}

//===----------------------------------------------------------------------===//
// Element-wise
//===----------------------------------------------------------------------===//

void addCodes(const Operand &a, const Operand &b, bool subtract, const AddConstants &constants,
              const OutputRule &rule, Codes out) {
  auto left = broadcast(a.codes, out.shape), right = broadcast(b.codes, out.shape);
  forEachElement(out.shape, [&](int64_t i, int64_t c) {
    int32_t da = left[i] - a.zeroPoint, db = right[i] - b.zeroPoint;
    out.data[i] = rule(addRequantized(da, db, subtract, constants), c);
  });
}

void multiplyCodes(const Operand &a, const Operand &b, const Multiplier &multiplier,
                   const OutputRule &rule, Codes out) {
  auto left = broadcast(a.codes, out.shape), right = broadcast(b.codes, out.shape);
  forEachElement(out.shape, [&](int64_t i, int64_t c) {
    int32_t product = (left[i] - a.zeroPoint) * (right[i] - b.zeroPoint);
    out.data[i] = rule(requantize(product, multiplier), c);
  });
}

void requantizeCodes(const Operand &x, const Multiplier &multiplier, const OutputRule &rule,
                     Codes out) {
  forEachElement(out.shape, [&](int64_t i, int64_t c) {
    out.data[i] = rule(requantize(x.codes.data[i] - x.zeroPoint, multiplier), c);
  });
}

void clampCodes(ConstCodes x, llvm::ArrayRef<int32_t> lo, llvm::ArrayRef<int32_t> hi, Codes out) {
  OutputRule rule{0, lo, hi};
  forEachElement(out.shape, [&](int64_t i, int64_t c) { out.data[i] = rule(x.data[i], c); });
}

void lookupCodes(ConstCodes x, int32_t least, llvm::ArrayRef<int32_t> table, Codes out) {
  for (int64_t i = 0, end = out.size(); i < end; ++i)
    out.data[i] = table[x.data[i] - least];
}

void quantize(ConstReals x, const Grid &grid, Codes out) {
  for (int64_t i = 0, end = out.size(); i < end; ++i)
    out.data[i] = quantizeValue(x.data[i], grid);
}

void dequantize(ConstCodes x, const Grid &grid, Reals out) {
  for (int64_t i = 0, end = out.size(); i < end; ++i)
    out.data[i] = dequantizeValue(x.data[i], grid);
}

/// rne(v) clamped to [lo, hi], as a float; NaN gives 0. The bounds are integers, so clamping first
/// gives the same; after it 1.5·2^23 leaves no fraction bits and the addition rounds. Needs
/// |lo|, |hi| <= 2^22. No branches: this vectorizes.
static float roundClamped(float v, float lo, float hi) {
  constexpr float kShifter = 0x1.8p23f;
  float number = v == v ? v : 0.0f;
  float above = number > lo ? number : lo;
  float clamped = above < hi ? above : hi;
  float shifted = clamped + kShifter;
  return shifted - kShifter;
}

void fakeQuantize(ConstReals x, const Grid &grid, Reals out) {
  auto lo = static_cast<float>(int64_t{grid.storage.min} - grid.zeroPoint);
  auto hi = static_cast<float>(int64_t{grid.storage.max} - grid.zeroPoint);
  int64_t size = out.size();
  if (std::max(-lo, hi) > 0x1p22f) {
    for (int64_t i = 0; i < size; ++i)
      out.data[i] = fakeQuantizeValue(x.data[i], grid);
    return;
  }
  float scale = grid.scale;
  for (int64_t i = 0; i < size; ++i)
    out.data[i] = roundClamped(x.data[i] / scale, lo, hi) * scale;
}

} // namespace qopt::numerics

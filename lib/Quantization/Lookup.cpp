// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lookup tables for element-wise functions and softmax.

#include "qopt/Quantization/Lookup.h"
#include "qopt/Quantization/Rounding.h"

namespace qopt::numerics {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double hardSigmoid(double x) { return std::clamp(x / 6.0 + 0.5, 0.0, 1.0); }
double hardSwish(double x) { return x * hardSigmoid(x); }
double silu(double x) { return x * sigmoid(x); }
double gelu(double x) { return 0.5 * x * (1.0 + std::erf(x * 0x1.6a09e667f3bcdp-1)); }

/// max(x, 0) + log(1 + exp(-|x|)) overflows nowhere.
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

static bool fitsInt8(const Storage &storage) { return storage.min >= -128 && storage.max <= 127; }

static int32_t quantizeReal(double value, const Grid &grid) {
  return std::isnan(value) ? grid.zeroPoint : storageBound(value, grid);
}

llvm::Expected<LookupTable> buildLookup(llvm::function_ref<double(double)> function,
                                        const Grid &input, const Grid &output) {
  if (!fitsInt8(input.storage) || !fitsInt8(output.storage))
    return llvm::createStringError(std::errc::invalid_argument,
                                   "a lookup table needs eight-bit signed storage");
  LookupTable table;
  for (int32_t code = -128; code <= 127; ++code) {
    double x = double(input.scale) * (code - input.zeroPoint);
    table[code + 128] = static_cast<int8_t>(quantizeReal(function(x), output));
  }
  return table;
}

SoftmaxTable buildSoftmaxTable(float scale) {
  SoftmaxTable table;
  for (int distance = 0; distance < 256; ++distance) {
    double exponential = std::exp(-double(scale) * distance);
    table[distance] = static_cast<uint32_t>(roundToNearestEven(0x1p23 * exponential));
  }
  return table;
}

Grid softmaxOutputGrid() { return {1.0f / 256.0f, -128, {-128, 127}}; }

} // namespace qopt::numerics

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables that replace transcendental functions: 256 codes for an element-wise
// function, 256 exponentials for softmax. Engines only index them.

#ifndef QOPT_QUANTIZATION_LOOKUP_H
#define QOPT_QUANTIZATION_LOOKUP_H

#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <array>
#include <cstdint>

namespace qopt::numerics {

/// Element-wise real functions, evaluated in double.
double sigmoid(double x);
double hardSigmoid(double x); ///< clamp(x/6 + 1/2, 0, 1), as HardSwish uses it
double hardSwish(double x);
double silu(double x);
double gelu(double x);
double softplus(double x);

/// Output codes in the order of input codes -128, -127, … 127.
using LookupTable = std::array<int8_t, 256>;

/// table[q + 128] = clamp(rne(f(s_x·(q - z_x)) / s_y) + z_y), all in double.
/// Where f gives NaN the entry is z_y; infinities saturate. Refused for storage
/// that does not fit eight signed bits.
llvm::Expected<LookupTable> buildLookup(llvm::function_ref<double(double)> function,
                                        const Grid &input, const Grid &output);

/// T[d] = rne(2^23·exp(-s·d)), d = max - q.
using SoftmaxTable = std::array<uint32_t, 256>;

SoftmaxTable buildSoftmaxTable(float scale);

/// The grid that softmax's integer formula produces: 1/256, -128.
Grid softmaxOutputGrid();

/// (256·e + S/2) / S, floor, in 64 bit: S >= T[0] = 2^23, 256·e <= 2^31.
constexpr int64_t softmaxCode(uint32_t exponential, uint64_t sum) {
  return static_cast<int64_t>((uint64_t{256} * exponential + sum / 2) / sum);
}

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_LOOKUP_H

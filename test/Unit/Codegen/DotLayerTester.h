// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random layers, a naive answer, and a comparison of every byte.
#ifndef QOPT_TEST_UNIT_CODEGEN_DOTLAYERTESTER_H
#define QOPT_TEST_UNIT_CODEGEN_DOTLAYERTESTER_H

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Quantization/Contract.h"

#include <random>
#include <string>

namespace qopt::test {

/// One layer to be tried. Names of fields are those of the ops.
struct LayerCase {
  int64_t n = 1, h = 1, w = 1, c = 4, oc = 16;
  int64_t kernel = 1, stride = 1, dilation = 1, pad = 0;
  int64_t groups = 1;
  bool depthwise = false; ///< groups = c
  bool residual = false, floatResult = false;
  numerics::Contract contract = numerics::Contract::Fp32; ///< of multipliers
  int32_t inputZero = 3, outputZero = -5, weightZero = 0;
  int32_t leastWeight = 0; ///< -128 or -127 and certain to occur; 0: by the seed, narrow more often
  enum class Clamp { None, Uniform, PerChannel } clamp = Clamp::None;
  float multiplier = 0;      ///< 0: chosen so that results spread over the codes
  int64_t pixelMultiple = 4; ///< of all tensors
  int64_t pixelsBehind = 0;  ///< of the input's rows, more than windows need
  int64_t parts = 1;

  std::string name() const;
};

/// "" if kernels of `rows` give the naive answer, else what differs.
std::string checkLayer(const codegen::RowSet &rows, const LayerCase &layerCase, unsigned seed);

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_CODEGEN_DOTLAYERTESTER_H

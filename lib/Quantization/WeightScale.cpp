// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Search for the scale of weights.

#include "qopt/Quantization/WeightScale.h"

#include <algorithm>
#include <limits>

namespace qopt::numerics {

double weightError(llvm::ArrayRef<float> weights, const Grid &grid) {
  double sum = 0;
  for (float weight : weights) {
    double error = double{weight} - fakeQuantizeValue(weight, grid);
    sum += error * error;
  }
  return sum;
}

/// The scale that is best for the codes of `grid`: w·q / q·q.
static float fitScale(llvm::ArrayRef<float> weights, const Grid &grid) {
  double product = 0, square = 0;
  for (float weight : weights) {
    double code = quantizeValue(weight, grid) - grid.zeroPoint;
    product += weight * code;
    square += code * code;
  }
  return square == 0 ? grid.scale : static_cast<float>(product / square);
}

float searchWeightScale(llvm::ArrayRef<float> weights, const Grid &widest) {
  constexpr int kSteps = 64, kMostFits = 8;
  Grid best = widest, candidate = widest;
  double least = weightError(weights, widest);
  auto tryScale = [&](float scale) {
    if (!(scale >= std::numeric_limits<float>::min()))
      return false;
    candidate.scale = scale;
    double error = weightError(weights, candidate);
    if (!(error < least))
      return false;
    least = error;
    best = candidate;
    return true;
  };
  for (int step = 1; step <= kSteps; ++step)
    tryScale(static_cast<float>(widest.scale * (1.0 - 0.5 * step / kSteps)));
  for (int fit = 0; fit < kMostFits && tryScale(fitScale(weights, best)); ++fit) {
  }
  return best.scale;
}

float searchPowerOfTwoScale(llvm::ArrayRef<float> weights, const Grid &widest) {
  Grid best = widest, candidate = widest;
  double least = weightError(weights, widest);
  while (candidate.scale >= 2 * std::numeric_limits<float>::min()) {
    candidate.scale /= 2;
    double error = weightError(weights, candidate);
    if (!(error < least))
      break;
    least = error;
    best = candidate;
  }
  return best.scale;
}

} // namespace qopt::numerics

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantization of biases to the accumulator's scale.

#include "qopt/Quantization/Bias.h"
#include "qopt/Quantization/Rounding.h"

namespace qopt::numerics {

/// Exact divisor: the product of two floats fits a double.
static double biasInSteps(float bias, float scaleX, float scaleW) {
  return roundToNearestEven(double(bias) / (double(scaleX) * double(scaleW)));
}

static bool fits(float bias, float scaleX, float scaleW, int64_t limit) {
  return std::abs(biasInSteps(bias, scaleX, scaleW)) <= double(limit);
}

static llvm::Error refuse(float bias, const char *why) {
  return llvm::createStringError(std::errc::invalid_argument, "bias %g %s", bias, why);
}

llvm::Expected<int32_t> quantizeBias(float bias, float scaleX, float scaleW, int64_t limit) {
  if (!std::isfinite(bias))
    return refuse(bias, "is not finite");
  if (!fits(bias, scaleX, scaleW, limit))
    return refuse(bias, "does not fit its accumulator: raise the weight scale");
  return static_cast<int32_t>(biasInSteps(bias, scaleX, scaleW));
}

llvm::Expected<float> raiseWeightScale(float bias, float scaleX, float scaleW, int64_t limit) {
  if (!std::isfinite(bias))
    return refuse(bias, "is not finite");
  if (fits(bias, scaleX, scaleW, limit))
    return scaleW;
  // |b| / (s_x·s_w) may exceed the limit by up to 1/2 and still round to it, so
  // the least scale is a little below |b| / (s_x·limit): start there, step up.
  double least = std::abs(double(bias)) / (double(scaleX) * (double(limit) + 0.5));
  auto raised = std::max(scaleW, static_cast<float>(least));
  while (std::isfinite(raised) && !fits(bias, scaleX, raised, limit))
    raised = std::nextafter(raised, std::numeric_limits<float>::infinity());
  if (!std::isfinite(raised))
    return refuse(bias, "is too large for any weight scale");
  return raised;
}

} // namespace qopt::numerics

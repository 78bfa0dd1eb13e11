// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Analytical clipping (Banner et al., "Post training 4-bit quantization of
// convolutional networks for rapid-deployment", 2018): the clip that is best if
// the values follow a Gauss or a Laplace distribution.

#include "HistogramObserver.h"

#include <cmath>

namespace qopt::numerics {

/// The zero of a decreasing function in [lo, hi].
template <typename Function>
static double solveDecreasing(double lo, double hi, Function function) {
  for (int i = 0; i < 80; ++i) {
    double middle = 0.5 * (lo + hi);
    (function(middle) > 0 ? lo : hi) = middle;
  }
  return 0.5 * (lo + hi);
}

/// Clipping at ±α costs 2b²·exp(-α/b), rounding on 2^bits levels α²/(3·4^bits). With t = α/b the
/// sum is least where exp(-t) = t/(3·4^bits).
double aciqLaplaceClip(unsigned bits) {
  double levels = 3.0 * std::exp2(2.0 * bits);
  return solveDecreasing(0.0, 40.0, [&](double t) { return std::exp(-t) - t / levels; });
}

/// Clipping at ±α costs (α² + σ²)·erfc(α/(√2σ)) - √(2/π)·α·σ·exp(-α²/(2σ²)), rounding as above.
/// With t = α/σ the derivative of the sum is zero where
/// √(2/π)·exp(-t²/2) - t·erfc(t/√2) = t/(3·4^bits).
double aciqGaussClip(unsigned bits) {
  double levels = 3.0 * std::exp2(2.0 * bits);
  double root = std::sqrt(2.0 / 3.14159265358979323846);
  return solveDecreasing(0.0, 12.0, [&](double t) {
    return root * std::exp(-0.5 * t * t) - t * std::erfc(t / std::sqrt(2.0)) - t / levels;
  });
}

namespace {

class AciqObserver final : public HistogramObserver {
public:
  explicit AciqObserver(ObserverKind distribution) : distribution(distribution) {}

  ObserverKind kind() const override { return distribution; }
  std::unique_ptr<Observer> cloneEmpty() const override {
    return std::make_unique<AciqObserver>(distribution);
  }

private:
  Range chooseRange() const override;
  double clip(unsigned bits) const {
    return distribution == ObserverKind::AciqGauss ? aciqGaussClip(bits) : aciqLaplaceClip(bits);
  }
  double sumOver(int64_t first, int64_t last, double center) const;

  ObserverKind distribution;
};

/// Over bins [first, last), what measures the width of the distribution: squares for Gauss,
/// magnitudes for Laplace.
double AciqObserver::sumOver(int64_t first, int64_t last, double center) const {
  double width = histogram.binWidth(), sum = 0;
  for (int64_t bin = first; bin < last; ++bin) {
    double distance = (static_cast<double>(bin) + 0.5) * width - center;
    double term =
        distribution == ObserverKind::AciqGauss ? distance * distance : std::abs(distance);
    sum += static_cast<double>(histogram.binCount(bin)) * term;
  }
  return sum;
}

/// Values on both sides of zero: a clip on either side of their mean. On one side (after ReLU):
/// half a distribution about zero, of which the values that are not zero are a sample; its half
/// range has all 256 levels, as the whole range would have of 9 bits.
Range AciqObserver::chooseRange() const {
  int64_t first = firstBin(), last = lastBin();
  bool oneSided = extremes.lo >= 0 || extremes.hi <= 0;
  double number = 0, mean = 0, width = histogram.binWidth();
  for (int64_t bin = first; bin < last; ++bin) {
    if (oneSided && (bin == 0 || bin == -1))
      continue;
    auto own = static_cast<double>(histogram.binCount(bin));
    number += own;
    mean += own * (static_cast<double>(bin) + 0.5) * width;
  }
  if (number == 0)
    return extremes;
  double center = oneSided ? 0.0 : mean / number;
  double spread = sumOver(first, oneSided ? std::min<int64_t>(last, -1) : last, center);
  if (oneSided)
    spread += sumOver(std::max<int64_t>(first, 1), last, center);
  spread /= number;
  if (distribution == ObserverKind::AciqGauss)
    spread = std::sqrt(spread);
  double reach = clip(oneSided ? 9 : 8) * spread;
  return {center - reach, center + reach};
}

} // namespace

std::unique_ptr<Observer> createAciqGaussObserver() {
  return std::make_unique<AciqObserver>(ObserverKind::AciqGauss);
}

std::unique_ptr<Observer> createAciqLaplaceObserver() {
  return std::make_unique<AciqObserver>(ObserverKind::AciqLaplace);
}

} // namespace qopt::numerics

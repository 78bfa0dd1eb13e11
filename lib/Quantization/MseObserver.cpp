// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The range with the least mean squared error, by the histogram.

#include "HistogramObserver.h"

namespace qopt::numerics {

namespace {

/// Squared error of values cut off on one side, by the distance of the bound
/// from zero in bins. Values count as the middles of their bins.
class ClippingErrors {
public:
  /// `count(i)` is the i-th bin from zero outward, of `bins`.
  template <typename CountFn> ClippingErrors(int64_t bins, CountFn count) {
    errors.resize(bins + 1, 0.0);
    inside.resize(bins + 1, 0);
    for (int64_t i = 0; i < bins; ++i)
      inside[i + 1] = inside[i] + (i == 0 ? 0 : count(i)); // about zero: exact
    // From the outside in: with n values beyond the bound, sum d of their distances,
    // (d + 1)² = d² + 2d + 1 for each as the bound moves by one bin.
    double number = 0, distance = 0, squares = 0;
    for (int64_t bound = bins - 1; bound >= 0; --bound) {
      squares += 2 * distance + number;
      distance += number;
      auto own = static_cast<double>(count(bound));
      number += own;
      distance += 0.5 * own;
      squares += 0.25 * own;
      errors[bound] = squares;
    }
  }

  int64_t bins() const { return static_cast<int64_t>(errors.size()) - 1; }
  double error(int64_t bound) const { return errors[bound]; }
  /// Values that are kept and rounded.
  double kept(int64_t bound) const { return static_cast<double>(inside[bound]); }

private:
  std::vector<double> errors;
  std::vector<int64_t> inside;
};

class MseObserver final : public HistogramObserver {
public:
  ObserverKind kind() const override { return ObserverKind::MeanSquaredError; }
  std::unique_ptr<Observer> cloneEmpty() const override { return createMseObserver(); }

private:
  Range chooseRange() const override;
};

/// In units of bins: what is clipped costs its squared distance, what is kept a step of the grid
/// squared over 12, and zeros nothing. All pairs of bounds are tried; of equal ones the widest
/// wins.
Range MseObserver::chooseRange() const {
  ClippingErrors below(-firstBin(), [&](int64_t i) { return histogram.binCount(-1 - i); });
  ClippingErrors above(lastBin(), [&](int64_t i) { return histogram.binCount(i); });
  double least = std::numeric_limits<double>::infinity();
  int64_t bestLow = below.bins(), bestHigh = above.bins();
  for (int64_t low = below.bins(); low >= 0; --low)
    for (int64_t high = above.bins(); high >= 0; --high) {
      double step = static_cast<double>(low + high) / 255.0;
      double error = below.error(low) + above.error(high) +
                     (below.kept(low) + above.kept(high)) * step * step / 12.0;
      if (error < least) {
        least = error;
        bestLow = low;
        bestHigh = high;
      }
    }
  double width = histogram.binWidth();
  return {-static_cast<double>(bestLow) * width, static_cast<double>(bestHigh) * width};
}

} // namespace

std::unique_ptr<Observer> createMseObserver() { return std::make_unique<MseObserver>(); }

} // namespace qopt::numerics

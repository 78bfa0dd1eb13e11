// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Observers with a histogram, and the plainest of them: percentiles.

#include "HistogramObserver.h"

#include <cmath>

namespace qopt::numerics {

void HistogramObserver::observeFinite(llvm::ArrayRef<float> sample, Range sampleExtremes) {
  extremes = {std::min(extremes.lo, sampleExtremes.lo), std::max(extremes.hi, sampleExtremes.hi)};
  histogram.add(sample);
}

llvm::Error HistogramObserver::mergeSameKind(const Observer &later) {
  const auto &other = static_cast<const HistogramObserver &>(later);
  if (auto error = checkParameters(other))
    return error;
  extremes = {std::min(extremes.lo, other.extremes.lo), std::max(extremes.hi, other.extremes.hi)};
  histogram.merge(other.histogram);
  return llvm::Error::success();
}

Range HistogramObserver::finiteRange() const {
  Range chosen = chooseRange();
  return {std::clamp(chosen.lo, extremes.lo, extremes.hi),
          std::clamp(chosen.hi, extremes.lo, extremes.hi)};
}

int64_t HistogramObserver::firstBin() const {
  int64_t bin = -Histogram::kHalf;
  while (bin < 0 && histogram.binCount(bin) == 0)
    ++bin;
  return bin;
}

int64_t HistogramObserver::lastBin() const {
  int64_t bin = Histogram::kHalf;
  while (bin > 0 && histogram.binCount(bin - 1) == 0)
    --bin;
  return bin;
}

namespace {

class PercentileObserver final : public HistogramObserver {
public:
  explicit PercentileObserver(double percentile) : percentile(percentile) {}

  ObserverKind kind() const override { return ObserverKind::Percentile; }
  std::unique_ptr<Observer> cloneEmpty() const override {
    return createPercentileObserver(percentile);
  }

private:
  Range chooseRange() const override;
  llvm::Error checkParameters(const HistogramObserver &other) const override {
    if (static_cast<const PercentileObserver &>(other).percentile == percentile)
      return llvm::Error::success();
    return llvm::createStringError("observers of different percentiles cannot be merged");
  }

  double percentile;
};

/// Walks inward from either end until more values than may be left out lie
/// behind; the outer edge of that bin is the bound.
Range PercentileObserver::chooseRange() const {
  auto mayLeaveOut =
      static_cast<int64_t>(std::floor(histogram.total() * (1.0 - percentile / 100.0)));
  int64_t low = -Histogram::kHalf;
  for (int64_t behind = histogram.binCount(low); behind <= mayLeaveOut;)
    behind += histogram.binCount(++low);
  int64_t high = Histogram::kHalf - 1;
  for (int64_t behind = histogram.binCount(high); behind <= mayLeaveOut;)
    behind += histogram.binCount(--high);
  double width = histogram.binWidth();
  return {low * width, (high + 1) * width};
}

} // namespace

std::unique_ptr<Observer> createPercentileObserver(double percentile) {
  return std::make_unique<PercentileObserver>(percentile);
}

} // namespace qopt::numerics

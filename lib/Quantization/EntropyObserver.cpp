// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The range whose 256 levels tell most about the values: least Kullback-Leibler
// divergence (Migacz, "8-bit Inference with TensorRT", 2017), for ranges that
// need not be symmetric.

#include "HistogramObserver.h"

#include <cmath>

namespace qopt::numerics {

namespace {

constexpr int64_t kLevels = 256;

/// The histogram in prefix sums: a candidate is rated in as many steps as the
/// grid has levels, however many bins it has.
class Divergence {
public:
  /// Pairs of bins are merged, which leaves at most 4096 in all. Values about
  /// zero are left out: every grid holds zero exactly.
  Divergence(const Histogram &histogram, int64_t first, int64_t last);

  int64_t first, last; ///< bins in use, zero in between

  /// D(P||Q) of keeping bins [low, high). P is the histogram with what lies
  /// outside added to the outermost bins; Q spreads the values of each level
  /// evenly over the bins of it that hold any. Infinite where values that are
  /// cut off would join an empty bin, or where there are fewer bins than levels.
  double rate(int64_t low, int64_t high) const;

private:
  int64_t count(int64_t bin) const { return mass[bin + 1 - first] - mass[bin - first]; }
  double levelsTerm(int64_t low, int64_t bins) const;
  double edgeTerm(int64_t edge, int64_t outside, int64_t low, int64_t bins) const;

  std::vector<int64_t> mass, used;  ///< values, and bins that hold any, before each bin
  std::vector<double> weightedLogs; ///< sum of p·log p before each bin
};

int64_t floorHalf(int64_t bin) { return bin >> 1; }
double timesLog(double value) { return value > 0 ? value * std::log(value) : 0.0; }

Divergence::Divergence(const Histogram &histogram, int64_t firstBin, int64_t lastBin)
    : first(floorHalf(firstBin)), last(floorHalf(lastBin + 1)), mass{0}, used{0},
      weightedLogs{0.0} {
  for (int64_t bin = first; bin < last; ++bin) {
    bool aboutZero = bin == 0 || bin == -1;
    int64_t own = aboutZero ? 0 : histogram.binCount(2 * bin) + histogram.binCount(2 * bin + 1);
    mass.push_back(mass.back() + own);
    used.push_back(used.back() + (own > 0));
    weightedLogs.push_back(weightedLogs.back() + timesLog(static_cast<double>(own)));
  }
}

/// The first of `bins` bins whose middle is in `level`.
int64_t levelBegin(int64_t level, int64_t bins) {
  return (level * bins + kLevels / 2 - 1) / kLevels;
}

/// Sum over the levels of mass·log(mass / bins that hold any).
double Divergence::levelsTerm(int64_t low, int64_t bins) const {
  double sum = 0;
  int64_t begin = low - first;
  for (int64_t level = 0; level < kLevels; ++level) {
    int64_t end = low - first + levelBegin(level + 1, bins);
    auto own = static_cast<double>(mass[end] - mass[begin]);
    if (own > 0)
      sum += own * std::log(own / static_cast<double>(used[end] - used[begin]));
    begin = end;
  }
  return sum;
}

/// What changes in the sum p·log(p/q) when `outside` values join the bin `edge`.
double Divergence::edgeTerm(int64_t edge, int64_t outside, int64_t low, int64_t bins) const {
  int64_t level = ((2 * (edge - low) + 1) * (kLevels / 2)) / bins;
  int64_t begin = low - first + levelBegin(level, bins);
  int64_t end = low - first + levelBegin(level + 1, bins);
  double q =
      static_cast<double>(mass[end] - mass[begin]) / static_cast<double>(used[end] - used[begin]);
  auto own = static_cast<double>(count(edge)), joined = own + static_cast<double>(outside);
  return timesLog(joined) - timesLog(own) - static_cast<double>(outside) * std::log(q);
}

double Divergence::rate(int64_t low, int64_t high) const {
  int64_t bins = high - low;
  if (bins < kLevels)
    return std::numeric_limits<double>::infinity();
  int64_t below = mass[low - first], above = mass.back() - mass[high - first];
  // Where P has values and Q has none they diverge: what is cut off must land on others.
  bool lost = (below > 0 && count(low) == 0) || (above > 0 && count(high - 1) == 0);
  double inside = static_cast<double>(mass[high - first] - mass[low - first]);
  if (lost || inside == 0)
    return std::numeric_limits<double>::infinity();
  double sum = weightedLogs[high - first] - weightedLogs[low - first] - levelsTerm(low, bins);
  if (below > 0)
    sum += edgeTerm(low, below, low, bins);
  if (above > 0)
    sum += edgeTerm(high - 1, above, low, bins);
  // Both normalized: P sums to all values, Q to those inside.
  auto total = static_cast<double>(mass.back());
  return sum / total + std::log(inside / total);
}

class EntropyObserver final : public HistogramObserver {
public:
  ObserverKind kind() const override { return ObserverKind::Entropy; }
  std::unique_ptr<Observer> cloneEmpty() const override { return createEntropyObserver(); }

private:
  Range chooseRange() const override;
};

/// Tries all upper bounds for the best lower one so far, then all lower ones, until neither moves;
/// of equal ones the widest wins. A range on one side of zero is thereby searched exhaustively.
Range EntropyObserver::chooseRange() const {
  Divergence divergence(histogram, firstBin(), lastBin());
  int64_t low = divergence.first, high = divergence.last;
  double least = divergence.rate(low, high);
  for (bool moved = true; moved;) {
    moved = false;
    int64_t fixedLow = low;
    for (int64_t bound = divergence.last; bound >= 0; --bound)
      if (double rated = divergence.rate(fixedLow, bound); rated < least) {
        least = rated;
        high = bound;
        moved = true;
      }
    int64_t fixedHigh = high;
    for (int64_t bound = divergence.first; bound <= 0; ++bound)
      if (double rated = divergence.rate(bound, fixedHigh); rated < least) {
        least = rated;
        low = bound;
        moved = true;
      }
  }
  double width = 2 * histogram.binWidth();
  return {static_cast<double>(low) * width, static_cast<double>(high) * width};
}

} // namespace

std::unique_ptr<Observer> createEntropyObserver() { return std::make_unique<EntropyObserver>(); }

} // namespace qopt::numerics

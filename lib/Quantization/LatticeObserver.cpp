// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that were numbers of 8 bits before they became floats: pixels, or
// features of an integer front end. They are multiples of one step, and a grid
// of just this step holds them without any error. A range that ends at the
// values seen makes a step that is almost the same, and every value off by up to
// half of it.

#include "qopt/Quantization/Observer.h"
#include "qopt/Quantization/Rounding.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

namespace qopt::numerics {

namespace {

constexpr int64_t kLevels = 256;
/// Few levels may be few by chance, and others may lie between them.
constexpr int64_t kLeastSpan = 192;
/// How far from a multiple a value may be, in steps: floats were scaled and shifted.
constexpr double kTolerance = 1e-3;

/// The distinct values of a sample, as long as they are few.
class LevelSet {
public:
  void add(float value) {
    if (tooMany)
      return;
    auto place = std::lower_bound(levels.begin(), levels.end(), value);
    if (place != levels.end() && *place == value)
      return;
    levels.insert(place, value);
    tooMany = static_cast<int64_t>(levels.size()) > kLevels;
  }
  void add(const LevelSet &other) {
    for (float value : other.levels)
      add(value);
    tooMany |= other.tooMany;
  }

  /// The step that all are multiples of.
  std::optional<double> findStep() const;
  int64_t countSteps(float value, double step) const { return std::llround(value / step); }
  float least() const { return std::min(levels.front(), 0.0f); }
  float greatest() const { return std::max(levels.back(), 0.0f); }

private:
  std::vector<float> levels; ///< sorted
  bool tooMany = false;
};

std::optional<double> LevelSet::findStep() const {
  if (tooMany || levels.size() < 2)
    return std::nullopt;
  double step = std::numeric_limits<double>::infinity();
  for (size_t i = 1; i < levels.size(); ++i)
    step = std::min(step, double{levels[i]} - levels[i - 1]);
  // A difference of neighbours is of few digits; the greatest value tells the step better.
  double greatest = std::max(std::fabs(levels.front()), std::fabs(levels.back()));
  double steps = std::round(greatest / step);
  if (!(steps >= 1 && steps <= kLevels))
    return std::nullopt;
  step = greatest / steps;
  for (float value : levels)
    if (std::fabs(value / step - std::round(value / step)) > kTolerance)
      return std::nullopt;
  return step;
}

/// Bounds, in steps, of 256 levels about [least, greatest]: more room on the sides where values
/// were seen. None where nudging would make the range symmetric, and its step another.
std::optional<std::pair<int64_t, int64_t>> chooseBounds(int64_t least, int64_t greatest) {
  int64_t room = kLevels - 1 - (greatest - least);
  if (room < 0 || greatest - least < kLeastSpan)
    return std::nullopt;
  if (least < 0 && least >= -127 && greatest > 0 && greatest <= 127)
    return std::pair(-127, 127);
  int64_t low = least == 0 ? 0 : greatest == 0 ? least - room : least - room / 2;
  // -128 to 127 and -127 to 128 are within 1 % of symmetric.
  for (int64_t shift : {0, -1, 1}) {
    int64_t high = low + shift + kLevels - 1;
    if (low + shift <= least && high >= greatest && std::abs(low + shift + high) != 1)
      return std::pair(low + shift, high);
  }
  return std::nullopt;
}

class LatticeObserver final : public Observer {
public:
  explicit LatticeObserver(std::unique_ptr<Observer> other) : other(std::move(other)) {}

  ObserverKind kind() const override { return ObserverKind::Lattice; }
  std::unique_ptr<Observer> cloneEmpty() const override {
    return createLatticeObserver(other->cloneEmpty());
  }

private:
  void observeFinite(llvm::ArrayRef<float> sample, Range) override {
    other->observe(sample);
    for (float value : sample)
      if (std::isfinite(value))
        levels.add(value);
  }
  llvm::Error mergeSameKind(const Observer &later) override {
    const auto &same = static_cast<const LatticeObserver &>(later);
    levels.add(same.levels);
    return other->merge(*same.other);
  }
  Range finiteRange() const override {
    if (std::optional<double> step = levels.findStep())
      if (auto bounds = chooseBounds(levels.countSteps(levels.least(), *step),
                                     levels.countSteps(levels.greatest(), *step)))
        return {bounds->first * *step, bounds->second * *step};
    return llvm::cantFail(other->range());
  }

  std::unique_ptr<Observer> other;
  LevelSet levels;
};

} // namespace

std::unique_ptr<Observer> createLatticeObserver(std::unique_ptr<Observer> other) {
  return std::make_unique<LatticeObserver>(std::move(other));
}

} // namespace qopt::numerics

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all observers share; min/max and moving averages.

#include "qopt/Quantization/Observer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace qopt::numerics {

template <typename... Args> static llvm::Error failure(const char *format, const Args &...args) {
  return llvm::createStringError(std::errc::invalid_argument, format, args...);
}

//===----------------------------------------------------------------------===//
// Observer
//===----------------------------------------------------------------------===//

/// A float's bits as an integer of the same order: -NaN < -Inf < … < -0 < 0 < … < Inf < NaN.
/// Minima of integers vectorize; those of floats do not, because of NaN.
static int32_t orderedKey(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits ^ ((bits >> 31) & INT32_MAX);
}

static float fromOrderedKey(int32_t key) {
  int32_t bits = key ^ ((key >> 31) & INT32_MAX);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Least and greatest value; not finite where any value is not.
static Range extremesOf(llvm::ArrayRef<float> sample) {
  int32_t least = orderedKey(std::numeric_limits<float>::infinity());
  int32_t greatest = orderedKey(-std::numeric_limits<float>::infinity());
  for (float value : sample) {
    int32_t key = orderedKey(value);
    least = std::min(least, key);
    greatest = std::max(greatest, key);
  }
  return {fromOrderedKey(least), fromOrderedKey(greatest)};
}

void Observer::observe(llvm::ArrayRef<float> sample) {
  Range all = extremesOf(sample);
  if (!std::isfinite(all.lo) || !std::isfinite(all.hi))
    return observeNonFinite(sample);
  values += sample.size();
  ++samples;
  observeFinite(sample, all);
}

void Observer::observeNonFinite(llvm::ArrayRef<float> sample) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Range extremes{kInfinity, -kInfinity};
  for (float value : sample) {
    if (std::isnan(value)) {
      ++nans;
    } else if (std::isinf(value)) {
      ++infs;
    } else {
      extremes.lo = std::min<double>(extremes.lo, value);
      extremes.hi = std::max<double>(extremes.hi, value);
    }
  }
  values += sample.size();
  if (extremes.lo > extremes.hi)
    return; // nothing finite: the counts tell
  ++samples;
  observeFinite(sample, extremes);
}

llvm::Error Observer::merge(const Observer &later) {
  if (kind() != later.kind())
    return failure("observers of different kinds cannot be merged");
  if (later.samples != 0)
    if (auto error = mergeSameKind(later))
      return error;
  samples += later.samples;
  values += later.values;
  nans += later.nans;
  infs += later.infs;
  return llvm::Error::success();
}

llvm::Expected<Range> Observer::range() const {
  if (nans != 0 || infs != 0)
    return failure("%lld NaN and %lld infinite values were observed", static_cast<long long>(nans),
                   static_cast<long long>(infs));
  if (samples == 0)
    return failure("no values were observed");
  return finiteRange();
}

//===----------------------------------------------------------------------===//
// The kinds
//===----------------------------------------------------------------------===//

namespace {

/// The union of two ranges, where an observer that saw nothing adds nothing.
Range unite(const Range &a, const Range &b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

class MinMaxObserver final : public Observer {
public:
  ObserverKind kind() const override { return ObserverKind::MinMax; }
  std::unique_ptr<Observer> cloneEmpty() const override { return createMinMaxObserver(); }

private:
  void observeFinite(llvm::ArrayRef<float>, Range extremes) override {
    seen = unite(seen, extremes);
  }
  llvm::Error mergeSameKind(const Observer &later) override {
    seen = unite(seen, static_cast<const MinMaxObserver &>(later).seen);
    return llvm::Error::success();
  }
  Range finiteRange() const override { return seen; }

  Range seen{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
};

class MovingAverageObserver final : public Observer {
public:
  explicit MovingAverageObserver(double momentum) : momentum(momentum) {}

  ObserverKind kind() const override { return ObserverKind::MovingAverage; }
  std::unique_ptr<Observer> cloneEmpty() const override {
    return createMovingAverageObserver(momentum);
  }

private:
  void observeFinite(llvm::ArrayRef<float>, Range extremes) override { fold(extremes); }

  /// Only the first sample of `later` is known apart, so it must be the only one.
  llvm::Error mergeSameKind(const Observer &other) override {
    const auto &later = static_cast<const MovingAverageObserver &>(other);
    if (later.momentum != momentum)
      return failure("moving averages of different momentum cannot be merged");
    if (later.sampleCount() != 1)
      return failure("a moving average folds one sample at a time, not %lld",
                     static_cast<long long>(later.sampleCount()));
    fold(later.average);
    return llvm::Error::success();
  }
  Range finiteRange() const override { return average; }

  void fold(const Range &sample) {
    if (!started)
      average = sample;
    else
      average = {mix(average.lo, sample.lo), mix(average.hi, sample.hi)};
    started = true;
  }
  double mix(double old, double now) const { return momentum * old + (1.0 - momentum) * now; }

  double momentum;
  bool started = false;
  Range average;
};

} // namespace

std::unique_ptr<Observer> createMinMaxObserver() { return std::make_unique<MinMaxObserver>(); }

std::unique_ptr<Observer> createMovingAverageObserver(double momentum) {
  return std::make_unique<MovingAverageObserver>(momentum);
}

} // namespace qopt::numerics

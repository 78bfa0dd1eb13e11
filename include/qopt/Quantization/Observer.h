// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streaming observers of activation ranges. Each has a fixed size, whatever the
// amount of data; the result depends on the samples and their order alone, not
// on threads.

#ifndef QOPT_QUANTIZATION_OBSERVER_H
#define QOPT_QUANTIZATION_OBSERVER_H

#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>

namespace qopt::numerics {

enum class ObserverKind : uint8_t {
  MinMax,
  MovingAverage,
  Percentile,
  MeanSquaredError,
  Entropy,
  AciqGauss,
  AciqLaplace,
  Lattice
};

/// Watches one tensor over many samples.
///
/// To observe in parallel, give every sample (or every shard) an observer made
/// by `cloneEmpty` and merge them in the order of the samples.
class Observer {
public:
  virtual ~Observer() = default;

  virtual ObserverKind kind() const = 0;

  /// Takes in the tensor of one sample.
  void observe(llvm::ArrayRef<float> sample);

  /// Folds in what `later` saw of later samples. An error where the kinds or
  /// parameters differ, or where a moving average is given more than one
  /// sample at once.
  llvm::Error merge(const Observer &later);

  /// The range to quantize for. An error where nothing, or anything that is not
  /// finite, was observed.
  llvm::Expected<Range> range() const;

  /// A new observer of the same kind and parameters that has seen nothing.
  virtual std::unique_ptr<Observer> cloneEmpty() const = 0;

  int64_t sampleCount() const { return samples; }
  int64_t valueCount() const { return values; }
  int64_t nanCount() const { return nans; }
  int64_t infCount() const { return infs; }

protected:
  /// Finite values of one sample are summarized in [lo, hi]; `sample` may hold
  /// non-finite ones, which are counted by the base class and to be skipped.
  virtual void observeFinite(llvm::ArrayRef<float> sample, Range extremes) = 0;
  virtual llvm::Error mergeSameKind(const Observer &later) = 0;
  virtual Range finiteRange() const = 0;

private:
  void observeNonFinite(llvm::ArrayRef<float> sample);

  int64_t samples = 0;
  int64_t values = 0;
  int64_t nans = 0;
  int64_t infs = 0;
};

/// Least and greatest value. Merges in any order.
std::unique_ptr<Observer> createMinMaxObserver();

/// lo ← momentum·lo + (1 - momentum)·lo_i per sample, hi likewise, the first
/// sample starting it. 0 <= momentum < 1. Folds in the order of the samples.
std::unique_ptr<Observer> createMovingAverageObserver(double momentum = 0.9);

/// Leaves out the share 1 - percentile/100 of the values at either end, as far
/// as a histogram of 8192 bins can tell; 50 < percentile <= 100. Merges in any
/// order with the same result.
std::unique_ptr<Observer> createPercentileObserver(double percentile = 99.99);

// The observers below choose the range for 256 levels from the same histogram,
// and merge in any order with the same result.

/// The bounds with the least squared error of clipping and rounding, of all
/// pairs of edges of bins on either side of zero.
std::unique_ptr<Observer> createMseObserver();

/// The bounds with the least Kullback-Leibler divergence between the values and
/// their 256 levels (Migacz, 2017); lower and upper bound are searched in turn.
std::unique_ptr<Observer> createEntropyObserver();

/// The bounds that are best if the values follow a Gauss or a Laplace
/// distribution about their mean, or, on one side of zero only, half a
/// distribution about zero (Banner et al., 2018).
std::unique_ptr<Observer> createAciqGaussObserver();
std::unique_ptr<Observer> createAciqLaplaceObserver();

/// For inputs of a network. Values that are multiples of one step, and span at
/// least 192 and at most 255 of them, as numbers of 8 bits that became floats do,
/// get 256 steps: a grid without error. All others get the range of `other`.
std::unique_ptr<Observer> createLatticeObserver(std::unique_ptr<Observer> other);

/// The best clip, in standard deviations of a Gauss or in mean magnitudes of a
/// Laplace distribution about zero, for 2^bits levels between minus and plus it.
double aciqGaussClip(unsigned bits);
double aciqLaplaceClip(unsigned bits);

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_OBSERVER_H

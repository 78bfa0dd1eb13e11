// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What observers share that choose a range from a histogram: everything but
// the choice. Counts and extremes do not depend on the order of the samples, so
// neither does the range.

#ifndef QOPT_LIB_QUANTIZATION_HISTOGRAMOBSERVER_H
#define QOPT_LIB_QUANTIZATION_HISTOGRAMOBSERVER_H

#include "qopt/Quantization/Histogram.h"
#include "qopt/Quantization/Observer.h"

#include <algorithm>
#include <limits>

namespace qopt::numerics {

class HistogramObserver : public Observer {
protected:
  /// The range for what was seen, at least one value; the bounds of the result
  /// are then moved inside of the extremes.
  virtual Range chooseRange() const = 0;

  /// Bins [first, last) hold all values and zero lies inside of their range.
  int64_t firstBin() const;
  int64_t lastBin() const;

  Range extremes{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  Histogram histogram;

private:
  void observeFinite(llvm::ArrayRef<float> sample, Range sampleExtremes) final;
  llvm::Error mergeSameKind(const Observer &later) final;
  Range finiteRange() const final;

  /// An error where `other`, of the same kind, has other parameters.
  virtual llvm::Error checkParameters(const HistogramObserver &other) const {
    return llvm::Error::success();
  }
};

} // namespace qopt::numerics

#endif // QOPT_LIB_QUANTIZATION_HISTOGRAMOBSERVER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A histogram of fixed size over a growing range. Bin edges are multiples of a
// power of two, so widening the bins merges neighbours exactly and the contents
// depend on the values alone, not on the order in which they came.

#ifndef QOPT_QUANTIZATION_HISTOGRAM_H
#define QOPT_QUANTIZATION_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace qopt::numerics {

class Histogram {
public:
  /// Bins on either side of zero.
  static constexpr int64_t kHalf = 4096;

  Histogram();

  /// Counts the finite values of `values`; the others are skipped.
  void add(llvm::ArrayRef<float> values);
  void merge(const Histogram &other);

  int64_t total() const { return count; }

  /// Count of bin `index` in [-kHalf, kHalf): values in
  /// [index·binWidth, (index + 1)·binWidth).
  int64_t binCount(int64_t index) const { return bins[index + kHalf]; }
  double binWidth() const;

  bool operator==(const Histogram &other) const;

private:
  void widenTo(int newExponent);

  int exponent; ///< bin width is 2^exponent
  int64_t count = 0;
  std::vector<int64_t> bins;
};

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_HISTOGRAM_H

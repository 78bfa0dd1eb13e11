// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First and second moments of the vectors that a layer multiplies its weights
// with, streamed in double precision.

#ifndef QOPT_QUANTIZATION_INPUTMOMENTS_H
#define QOPT_QUANTIZATION_INPUTMOMENTS_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace qopt::numerics {

class InputMoments {
public:
  explicit InputMoments(int64_t size);

  int64_t size() const { return inputs; }
  int64_t count() const { return vectors; }

  /// Takes in row-major vectors of size() elements each.
  void add(llvm::ArrayRef<double> rows);

  /// Adds what `other`, of the same size, has seen. Sums of doubles: the result
  /// depends on the order of the calls.
  void merge(const InputMoments &other);

  /// E[x]; zeros where nothing was seen.
  std::vector<double> mean() const;

  /// E[x xT] - E[x] E[x]T, row major, both triangles; zeros where nothing was
  /// seen. Single precision would lose positive definiteness here.
  std::vector<double> covariance() const;

private:
  int64_t inputs;
  int64_t vectors = 0;
  std::vector<double> sum;
  std::vector<double> products; ///< lower triangle of the sum of x xT, column major
};

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_INPUTMOMENTS_H

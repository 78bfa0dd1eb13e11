// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounding of weights that looks at the layer's inputs: of all codes of a grid
// it seeks those with the least expected squared error of the output,
//
//   E[((w - s·(q - z))T (x - E[x]))²] = (w - ŵ)T H (w - ŵ),  H = Cov(x).
//
// First GPTQ (Frantar et al. 2022): round one weight after the other, in order
// of decreasing variance of its input, and let the weights that are still free
// make up for the error. Then coordinate descent: each weight in turn takes the
// code that is best given all others, which never raises the error.

#ifndef QOPT_QUANTIZATION_HESSIANROUNDING_H
#define QOPT_QUANTIZATION_HESSIANROUNDING_H

#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace qopt::numerics {

struct HessianRoundingOptions {
  /// Added to the diagonal of H, as a share of its mean; must be positive.
  double damping = 0.01;
  /// Most passes of coordinate descent; 0 leaves the codes of GPTQ.
  unsigned descentPasses = 4;
};

/// Rounds rows of weights that multiply the same inputs.
class HessianRounder {
public:
  /// `covariance` is H, row major, both triangles. An error where it is not
  /// finite.
  static llvm::Expected<HessianRounder> create(llvm::ArrayRef<double> covariance,
                                               const HessianRoundingOptions &options = {});
  HessianRounder(HessianRounder &&) noexcept;
  ~HessianRounder();

  /// The codes of one row. Never worse than nearest rounding by `error`.
  /// Several threads may call this at once.
  std::vector<int32_t> round(llvm::ArrayRef<float> weights, const Grid &grid) const;

  /// (w - ŵ)T H (w - ŵ), damping included.
  double error(llvm::ArrayRef<float> weights, llvm::ArrayRef<int32_t> codes,
               const Grid &grid) const;

private:
  struct Factors;
  explicit HessianRounder(std::unique_ptr<Factors> factors);

  std::unique_ptr<Factors> factors;
};

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_HESSIANROUNDING_H

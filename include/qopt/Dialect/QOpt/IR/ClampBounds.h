// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The clamp of an op as numbers, and the composition of two clamps.
#ifndef QOPT_DIALECT_QOPT_IR_CLAMPBOUNDS_H
#define QOPT_DIALECT_QOPT_IR_CLAMPBOUNDS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "llvm/ADT/SmallVector.h"

namespace qopt {

/// Bounds in real units, each one or one per channel; no bound is an infinity.
struct ClampBounds {
  llvm::SmallVector<float> min, max;

  float low(size_t channel) const { return min[min.size() == 1 ? 0 : channel]; }
  float high(size_t channel) const { return max[max.size() == 1 ? 0 : channel]; }
  float apply(float value, size_t channel) const;
  bool isIdentity() const;

  /// The single clamp that does what this one followed by `next` does. It is exact on stored values
  /// as well, because storing a bound is monotone.
  ClampBounds followedBy(const ClampBounds &next) const;
};

ClampBounds getClampBounds(ClampedOpInterface op);
/// Writes the bounds as attributes; infinite ones as none at all.
void setClampBounds(ClampedOpInterface op, const ClampBounds &bounds);

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_CLAMPBOUNDS_H

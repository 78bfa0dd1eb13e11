// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_LIB_TARGET_HEXAGON_HVXDOTROW_H
#define QOPT_LIB_TARGET_HEXAGON_HVXDOTROW_H

#include "Intrinsics.h"
#include "qopt/Codegen/DotRow.h"

namespace qopt::hexagon {

/// Unsigned bytes on both sides: weights lie at rest as w + 128.
class VrmpyDotRow : public codegen::DotRow {
public:
  llvm::StringRef getName() const override { return "vrmpyub"; }
  codegen::DotShape getShape() const override { return {1, kLanes, 4}; }
  bool acceptsActivations(bool flipped) const override { return flipped; }
  int32_t getWeightOffset() const override { return 128; }
  codegen::TileBudget getBudget() const override;

  mlir::Value loadActivation(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> pixels,
                             bool flipped) const override;
  mlir::Value loadWeights(codegen::Emitter &emit, mlir::Value pointer) const override;
  mlir::Value dot(codegen::Emitter &emit, mlir::Value accumulator, mlir::Value weights,
                  mlir::Value activation) const override;

  bool canSumWindows(const codegen::WindowRow &windows) const override;
  void sumWindows(codegen::Emitter &emit, mlir::Value input, const codegen::WindowRow &windows,
                  int32_t factor, mlir::Value sums) const override;
};

} // namespace qopt::hexagon

#endif // QOPT_LIB_TARGET_HEXAGON_HVXDOTROW_H

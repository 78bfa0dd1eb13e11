// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sdot, which machines with smmla have as well.
#ifndef QOPT_LIB_TARGET_ARM_DOTPROD_H
#define QOPT_LIB_TARGET_ARM_DOTPROD_H

#include "Vectors.h"

namespace qopt::arm {

/// One load of a pixel serves four dots, which take their word of it by lane.
class SdotRow : public ArmDotRow {
public:
  llvm::StringRef getName() const override { return "sdot"; }
  codegen::DotShape getShape() const override { return {1, kLanes, 4}; }
  int64_t getStepBytes() const override { return kBytes; }
  codegen::TileBudget getBudget() const override;

  mlir::Value loadActivation(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> pixels,
                             bool) const override;
  mlir::Value selectActivation(codegen::Emitter &emit, mlir::Value operand,
                               int64_t part) const override;
  mlir::Value dot(codegen::Emitter &emit, mlir::Value accumulator, mlir::Value weights,
                  mlir::Value activation) const override;
};

/// For pixels of few channels: one word of a pixel in every lane.
class SdotWordRow : public SdotRow {
public:
  llvm::StringRef getName() const override { return "sdotw"; }
  int64_t getStepBytes() const override { return 4; }
  codegen::TileBudget getBudget() const override;
  mlir::Value loadActivation(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> pixels,
                             bool) const override;
  mlir::Value selectActivation(codegen::Emitter &, mlir::Value operand, int64_t) const override {
    return operand;
  }
};

} // namespace qopt::arm

#endif // QOPT_LIB_TARGET_ARM_DOTPROD_H

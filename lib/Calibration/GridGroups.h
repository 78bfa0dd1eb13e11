// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Groups of values that share one grid because ops only move bytes between them.
#ifndef QOPT_LIB_CALIBRATION_GRIDGROUPS_H
#define QOPT_LIB_CALIBRATION_GRIDGROUPS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/EquivalenceClasses.h"

namespace qopt {

class GridGroups {
public:
  /// Groups the values of `function` and gathers the ranges of each group: those of its observers,
  /// of constants in it, and of what pads put in. Reports observers without a range.
  static mlir::FailureOr<GridGroups> compute(mlir::func::FuncOp function);

  /// Remarks on observers whose range is much smaller than that of their group.
  void explainSharing(mlir::func::FuncOp function) const;

  /// Chooses a grid for each group that has a range.
  mlir::LogicalResult chooseGrids(numerics::Symmetry symmetry, numerics::Scales scales);

  /// The grid type of the group of `value`; null if nothing in it was observed.
  mlir::quant::UniformQuantizedType getType(mlir::Value value) const;

private:
  struct Group {
    numerics::Range range;
    mlir::Value witness; ///< where to report an error
    mlir::quant::UniformQuantizedType type;
    bool isPixels = false; ///< codes that come as they are, whatever `symmetry`
  };

  mlir::LogicalResult addObserver(ObserveOp op);
  mlir::LogicalResult addMove(mlir::Operation *op);
  mlir::LogicalResult widenByContents(mlir::Operation *op);
  void widen(mlir::Value value, numerics::Range range);

  llvm::EquivalenceClasses<mlir::Value> classes;
  llvm::MapVector<mlir::Value, Group> groups; ///< by leader
};

} // namespace qopt

#endif // QOPT_LIB_CALIBRATION_GRIDGROUPS_H

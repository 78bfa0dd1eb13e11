// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running data through a float network and turning what its observers see into ranges.
#ifndef QOPT_CALIBRATION_CALIBRATE_H
#define QOPT_CALIBRATION_CALIBRATE_H

#include "qopt/Calibration/Calibrator.h"
#include "qopt/Calibration/RangesFile.h"
#include "qopt/Calibration/SampleSource.h"

namespace qopt {

struct CalibrationOptions {
  CalibratorOptions calibrator;
  /// Arguments that held numbers of 8 bits get the grid of their own step.
  bool exactInputs = false;
  /// Called after samples have been folded in, with the number done and the total; may be null.
  llvm::function_ref<void(int64_t, int64_t)> progress = nullptr;
};

/// Runs every batch of `source` through `function` and sets the ranges of its observers. The result
/// does not depend on the number of threads of the function's context.
llvm::Error calibrate(mlir::func::FuncOp function, const SampleSource &source,
                      const CalibrationOptions &options = {});

/// The ranges on the observers of `function`, in order; `prefix` goes before each name.
llvm::SmallVector<NamedRange> getRanges(mlir::func::FuncOp function, llvm::StringRef prefix = "");

/// Sets the range of every observer of `function` from `ranges`; an error names one that is
/// missing.
llvm::Error applyRanges(mlir::func::FuncOp function, const llvm::StringMap<NamedRange> &ranges,
                        llvm::StringRef prefix = "");

} // namespace qopt

#endif // QOPT_CALIBRATION_CALIBRATE_H

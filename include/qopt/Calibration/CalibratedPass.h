// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What passes that run a network on example inputs have in common.
#ifndef QOPT_CALIBRATION_CALIBRATEDPASS_H
#define QOPT_CALIBRATION_CALIBRATEDPASS_H

#include "qopt/Calibration/SampleSource.h"

#include "mlir/IR/BuiltinOps.h"

namespace qopt {

/// Which functions of a module a pass works on, and how its messages put that.
struct NetworkChoice {
  llvm::function_ref<bool(mlir::func::FuncOp)> matches;
  llvm::StringRef kind; ///< as in "no KIND is called 'x'"
  llvm::StringRef none; ///< the message if nothing matches
};

/// The function with a body that matches and is called `name`; the only one that matches if `name`
/// is empty.
llvm::Expected<mlir::func::FuncOp> selectNetwork(mlir::ModuleOp module, llvm::StringRef name,
                                                 const NetworkChoice &choice);

/// Failure and a diagnostic at the location of `op` alone, for a pass works on whole modules whose
/// text would follow it; success without an error.
llvm::LogicalResult reportError(mlir::Operation *op, llvm::Error error);

/// As many threads as passes may use.
unsigned getNumThreads(mlir::MLIRContext *context);

} // namespace qopt

#endif // QOPT_CALIBRATION_CALIBRATEDPASS_H

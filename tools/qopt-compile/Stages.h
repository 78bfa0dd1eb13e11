// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The stages from the float level to the quantized level, as the options say.
#ifndef QOPT_TOOLS_COMPILE_STAGES_H
#define QOPT_TOOLS_COMPILE_STAGES_H

#include "Options.h"

#include "mlir/IR/BuiltinOps.h"

namespace qopt {

// Errors are one sentence that names `path`, the model's file.
/// Lets the float network take pixels; see qopt-fold-input-normalization.
llvm::Error runFoldInput(mlir::ModuleOp module, llvm::StringRef path, const DriverOptions &options);
llvm::Error runPrepare(mlir::ModuleOp module, llvm::StringRef path, const DriverOptions &options);
llvm::Error runCalibrate(mlir::ModuleOp module, llvm::StringRef path, const DriverOptions &options);
llvm::Error runQuantize(mlir::ModuleOp module, llvm::StringRef path, const DriverOptions &options);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_STAGES_H

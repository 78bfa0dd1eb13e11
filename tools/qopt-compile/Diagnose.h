// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --html-report: the network quantized step by step, each repair beside the one before.
#ifndef QOPT_TOOLS_COMPILE_DIAGNOSE_H
#define QOPT_TOOLS_COMPILE_DIAGNOSE_H

#include "Options.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace qopt {

struct Diagnosis {
  llvm::json::Object summary; ///< "diagnostics" of the JSON report
  llvm::json::Object details; ///< histograms and channels, for the page alone
};

/// Quantizes `network`, of the float level as it was imported, once for each repair that `options`
/// ask for, and measures every layer on the example inputs. `compiled` is the quantized network of
/// the report, `path` the model's file. Where something cannot be measured, the summary says why.
Diagnosis diagnose(const DriverOptions &options, llvm::StringRef path, mlir::func::FuncOp network,
                   mlir::func::FuncOp compiled);

/// The diagnosis of a compilation that has nothing to compare.
Diagnosis explainNoDiagnosis(llvm::StringRef reason);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_DIAGNOSE_H

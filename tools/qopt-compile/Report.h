// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME.report.json: what was decided for every layer. Keys are documented in docs/Report.md.
#ifndef QOPT_TOOLS_COMPILE_REPORT_H
#define QOPT_TOOLS_COMPILE_REPORT_H

#include "Options.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace qopt {

namespace codegen {
struct ProgramInfo;
} // namespace codegen

/// What the report says beside the network itself.
struct ReportContext {
  const DriverOptions *options = nullptr;
  std::string inputHash;            ///< SHA-256 of the model file, hexadecimal
  std::string target, numerics, io; ///< as resolved
  bool fromFloat = true;            ///< ranges and grids were chosen in this run
  int64_t importedMacs = 0;         ///< of the float network, before channels were dropped or added
  const codegen::ProgramInfo *program = nullptr; ///< null before the kernel level
  const llvm::json::Value *preset = nullptr;     ///< what a preset tried and chose; null: none
  std::vector<std::string> warnings;
  std::string machine;                             ///< that the harness was linked for; empty: none
  const llvm::json::Object *diagnostics = nullptr; ///< of --html-report; null: none
};

/// The report of a quantized network.
llvm::json::Value makeReport(mlir::func::FuncOp network, const ReportContext &context);

/// The percentage of --split-outliers, or false.
llvm::json::Value describeSplitOutliers(const DriverOptions &options);

/// Multiply-accumulates of one run.
int64_t countMacs(mlir::func::FuncOp network);

/// SHA-256 of a file, hexadecimal.
llvm::Expected<std::string> hashFile(llvm::StringRef path);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_REPORT_H

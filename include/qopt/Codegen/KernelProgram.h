// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a network of the quantized level to its kernel program (level 4).
#ifndef QOPT_CODEGEN_KERNELPROGRAM_H
#define QOPT_CODEGEN_KERNELPROGRAM_H

#include "qopt/Codegen/ProgramInfo.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace qopt::codegen {

struct ProgramOptions {
  std::string target;        ///< name for the descriptor
  std::string features;      ///< comma separated, for the descriptor
  unsigned pointerBytes = 8; ///< size of a pointer where the program will run
  uint32_t maxTasks = 256;   ///< most tasks that a call may ask for
  bool keepAll = false;      ///< every tensor stays readable in the workspace after a run
  bool patchable = false;    ///< biases lie in writable objects that ProgramInfo names
  /// Networks of these contracts are made of the scalar set, whatever the rows.
  llvm::SmallVector<Contract> scalarContracts;
};

/// Replaces every public `func.func` of `module` by its kernel program: kernels and constants that
/// equal layers share, one private step function per layer, and the entry points of the C ABI,
/// `NAME_run`, `NAME_run_parallel` and the data object `NAME_module`. Leaves what it decided in the
/// module's attribute `qopt.programs` (see ProgramInfo). Errors are emitted on the op at fault.
llvm::LogicalResult emitKernelPrograms(mlir::ModuleOp module, const RowSet &rows,
                                       const ProgramOptions &options);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELPROGRAM_H

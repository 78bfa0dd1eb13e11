// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C ABI of a network around its steps.
#ifndef QOPT_LIB_CODEGEN_ENTRYPOINTS_H
#define QOPT_LIB_CODEGEN_ENTRYPOINTS_H

#include "ProgramEmitter.h"

namespace qopt::codegen {

/// What the entry points and the descriptor must know of a network.
struct NetworkSignature {
  std::string name;
  mlir::FunctionType type;
  llvm::SmallVector<mlir::DictionaryAttr> inputAttrs, outputAttrs;
  Contract contract;
  mlir::Location loc;
};

/// On an argument or result of a network: "nhwc" where it differs from the model's own layout.
constexpr llvm::StringLiteral kLayoutAttr = "qopt.layout";

/// Bytes of an input or output in the caller's memory.
int64_t getTensorBytes(mlir::Type type);

/// Emits `NAME_run`, `NAME_run_parallel` and returns the symbol of the function behind the
/// descriptor's `run`.
std::string emitEntryPoints(KernelLibrary &library, const NetworkSignature &network,
                            llvm::ArrayRef<Step> steps, const ProgramInfo &info,
                            const ProgramOptions &options);

/// Emits the data object `NAME_module`.
void emitDescriptor(KernelLibrary &library, const NetworkSignature &network,
                    const ProgramInfo &info, const ProgramOptions &options,
                    llvm::StringRef runSymbol);

} // namespace qopt::codegen

#endif // QOPT_LIB_CODEGEN_ENTRYPOINTS_H

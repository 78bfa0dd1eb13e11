// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last step of every compilation: a program of the LLVM dialect to a file of the machine.
#ifndef QOPT_LIB_TARGET_EMISSION_H
#define QOPT_LIB_TARGET_EMISSION_H

#include "qopt/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/MemoryBuffer.h"

#include <functional>
#include <memory>

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace qopt {

struct EmissionOptions {
  unsigned optLevel = 2;
  llvm::CodeGenFileType fileType = llvm::CodeGenFileType::ObjectFile;
  /// Changes the module before it is optimized; may bring in symbols of other objects.
  std::function<llvm::Error(llvm::Module &)> adapt;
};

/// The program is gone afterwards, its memory with it. Without `adapt` an object with undefined
/// symbols is an error.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
emitProgram(mlir::OwningOpRef<mlir::ModuleOp> program, const Target &target,
            const EmissionOptions &options);

/// Emits a module of LLVM IR as it is.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
emitFile(llvm::Module &code, llvm::TargetMachine &machine, llvm::CodeGenFileType type);

/// Runs lld with these arguments; the output appears whole or not at all.
llvm::Error link(llvm::ArrayRef<const char *> arguments, llvm::StringRef outputPath);

/// Joins relocatable objects into one. All are paths.
llvm::Error mergeObjects(llvm::ArrayRef<std::string> objects, llvm::StringRef output);

} // namespace qopt

#endif // QOPT_LIB_TARGET_EMISSION_H

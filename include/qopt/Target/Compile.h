// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a module of the quantized level to machine code.
#ifndef QOPT_TARGET_COMPILE_H
#define QOPT_TARGET_COMPILE_H

#include "qopt/Codegen/ProgramInfo.h"
#include "qopt/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <vector>

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace qopt {

struct CompileOptions {
  unsigned maxTasks = 256; ///< most tasks that a run may ask for
  bool keepAll = false;    ///< every tensor stays readable in the workspace after a run
  bool patchable = false;  ///< biases lie in writable objects, see ProgramInfo::biases
  unsigned optLevel = 2;   ///< LLVM's, 0 to 3
};

/// Machine code of all networks of a module.
struct CompiledObject {
  std::unique_ptr<llvm::MemoryBuffer> object; ///< a relocatable ELF file
  std::vector<codegen::ProgramInfo> programs; ///< one per network
};

/// Compiles every network of `module` (quantized level) for `target`; `module` itself stays as it
/// is. The object has no undefined symbol. An error carries the first diagnostic with its location.
llvm::Expected<CompiledObject> compileToObject(mlir::ModuleOp module, const Target &target,
                                               const CompileOptions &options = {});

/// The same for several machines in one object, best first: entry points are indirect functions
/// that the loader resolves to the first target that the CPU runs, the last one if none.
/// Descriptors ask for the features of the last target and for a workspace that serves all.
llvm::Expected<CompiledObject> compileToObject(mlir::ModuleOp module,
                                               llvm::ArrayRef<const Target *> targets,
                                               const CompileOptions &options = {});

/// The same from kernel programs (level 4) or the LLVM dialect (level 5), which were made for a
/// target of the same kind of machine.
llvm::Expected<CompiledObject> compileProgram(mlir::OwningOpRef<mlir::ModuleOp> program,
                                              const Target &target,
                                              const CompileOptions &options = {});

/// In place: `module` becomes kernel programs (level 4), then the LLVM dialect.
llvm::Error lowerToKernels(mlir::ModuleOp module, const Target &target,
                           const CompileOptions &options = {});
llvm::Error lowerToLLVM(mlir::ModuleOp module, const Target &target);

/// Assembly of the kernels that compute `layer`; an error lists the layers that there are.
llvm::Expected<std::string> getKernelAssembly(mlir::ModuleOp module, const Target &target,
                                              llvm::StringRef layer,
                                              const CompileOptions &options = {});

/// The machine that LLVM generates code for.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const Target &target,
                                                                         unsigned optLevel = 2);

/// A shared library of an object, exported as NAME_module, NAME_run, NAME_run_parallel and
/// qopt_module_v1. Both files are paths; the output appears whole or not at all.
llvm::Error linkSharedLibrary(llvm::StringRef objectPath, llvm::StringRef outputPath,
                              llvm::StringRef network);

/// A network of an executable.
struct HarnessNetwork {
  std::string name;
  /// Least and greatest code of each input; empty: those of its type.
  std::vector<std::pair<int32_t, int32_t>> inputBounds;
};

/// The networks of a module of the quantized level, in order.
std::vector<HarnessNetwork> getHarnessNetworks(mlir::ModuleOp module);

/// An error where there is no harness for the machine.
llvm::Error checkHarness(const Target &target);

/// A static executable that runs the networks of an object on files of raw samples; it needs
/// nothing but the machine's Linux kernel, or its emulator. lib/Target/Harness/Main.c describes its
/// command line.
llvm::Error linkExecutable(llvm::StringRef objectPath, llvm::StringRef outputPath,
                           const Target &target, llvm::ArrayRef<HarnessNetwork> networks);

/// The C header NAME.h of a network.
std::string getHeaderText(const codegen::ProgramInfo &program);
/// The text of qopt_abi.h.
llvm::StringRef getAbiHeaderText();

} // namespace qopt

#endif // QOPT_TARGET_COMPILE_H

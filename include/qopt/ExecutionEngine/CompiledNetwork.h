// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running compiled networks: from memory (the jit engine) or from a shared library (native).
#ifndef QOPT_EXECUTIONENGINE_COMPILEDNETWORK_H
#define QOPT_EXECUTIONENGINE_COMPILEDNETWORK_H

#include "qopt-c/qopt_abi.h"
#include "qopt/Codegen/ProgramInfo.h"
#include "qopt/Target/Compile.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <vector>

namespace qopt {

class TaskPool;

/// A network behind the C ABI, with a workspace and threads of its own. One run at a time; runs of
/// different objects are independent.
class CompiledNetwork {
public:
  /// `owner` keeps the code alive; `program` is what the generator said of it, if known.
  CompiledNetwork(const qopt_module &module, std::shared_ptr<void> owner,
                  codegen::ProgramInfo program = {});
  ~CompiledNetwork();

  /// Names, shapes, types and scales of inputs and outputs.
  const qopt_module &getModule() const { return module; }
  llvm::StringRef getName() const { return module.name; }
  /// Empty (no steps) for a network that was loaded from a file.
  const codegen::ProgramInfo &getProgram() const { return program; }

  /// Reads inputs and writes outputs, `bytes` each as the descriptors say; `tasks` > 1 runs on
  /// that many threads, this one included.
  llvm::Error run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
                  unsigned tasks = 1);

  /// The same from real inputs: quantized where the network takes codes.
  llvm::Error runReals(llvm::ArrayRef<llvm::ArrayRef<float>> inputs,
                       llvm::ArrayRef<void *> outputs);

  /// Runs the first `count` of getProgram().steps alone, on this thread. What the others write,
  /// outputs among it, is not written.
  llvm::Error runSteps(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
                       size_t count);

  /// Runs once and returns the milliseconds of each step, in the order of getProgram().steps.
  llvm::Expected<std::vector<double>> timeSteps(llvm::ArrayRef<const void *> inputs,
                                                llvm::ArrayRef<void *> outputs, unsigned tasks = 1);

  /// The row-major level-3 bytes of a tensor as the last run left them; for programs compiled with
  /// keepAll.
  std::vector<char> readTensor(const codegen::TensorInfo &tensor) const;

  /// Another network of the same code and constants, with a workspace of its own.
  std::unique_ptr<CompiledNetwork> share() const;

  /// Adds `deltas[c]` (modulo 2^32) to the accumulators of channel c of the op at position `op`,
  /// from the next run on, in all networks that share the code. For programs compiled with
  /// patchable; an error where the op has no biases. Nobody may run them meanwhile.
  llvm::Error addToBias(int64_t op, llvm::ArrayRef<int32_t> deltas);
  /// Where the objects of getProgram().biases lie.
  void setBiasObjects(std::vector<char *> objects) { biasObjects = std::move(objects); }

private:
  llvm::Error prepare(unsigned tasks);
  llvm::Error call(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
                   unsigned tasks, qopt_parallel_for par, void *context);

  struct FreeWorkspace {
    void operator()(char *memory) const;
  };
  const qopt_module &module;
  std::shared_ptr<void> owner;
  codegen::ProgramInfo program;
  std::vector<char *> biasObjects; ///< one for each of program.biases
  std::unique_ptr<char, FreeWorkspace> workspace;
  uint64_t workspaceBytes = 0;
  std::unique_ptr<TaskPool> pool;
};

/// Compiles all networks of a module (quantized level) and loads them, in the order of the module.
/// Refused where this CPU cannot run code for `target`.
llvm::Expected<std::vector<std::unique_ptr<CompiledNetwork>>>
jitCompileAll(mlir::ModuleOp module, const Target &target, const CompileOptions &options = {});

/// The network `name` of a module; its only one where `name` is empty.
llvm::Expected<std::unique_ptr<CompiledNetwork>> jitCompile(mlir::ModuleOp module,
                                                            llvm::StringRef name,
                                                            const Target &target,
                                                            const CompileOptions &options = {});

/// Loads a shared library made by qopt. Errors name the file: not a library, not ours, another
/// version of the ABI, or a feature that this CPU lacks.
llvm::Expected<std::unique_ptr<CompiledNetwork>> loadNativeModule(llvm::StringRef path);

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_COMPILEDNETWORK_H

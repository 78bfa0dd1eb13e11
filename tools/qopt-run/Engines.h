// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes the engine that the command line asks for.
#ifndef QOPT_TOOLS_RUN_ENGINES_H
#define QOPT_TOOLS_RUN_ENGINES_H

#include "Engine.h"

#include "ModelFile.h"

namespace qopt {

/// A model that is opened once and may run on several engines.
class EngineFactory {
public:
  /// Opens the model; `.so` and `.elf` are left to the native engine.
  static llvm::Expected<EngineFactory> open(const RunOptions &options);

  /// The engine that runs the model fastest.
  EngineKind fastest() const;
  /// The engine `kind`; an error with the command that makes a fitting model where this one is of
  /// another level.
  llvm::Expected<std::unique_ptr<Engine>> create(EngineKind kind, bool withTaps);
  /// An error naming the first option that would silently do nothing with the engine `kind`.
  llvm::Error checkOptions(EngineKind kind) const;

private:
  explicit EngineFactory(const RunOptions &options) : options(&options) {}

  llvm::Error checkLevel(EngineKind kind);
  llvm::Expected<std::unique_ptr<Engine>> createFor(EngineKind kind, mlir::func::FuncOp network,
                                                    bool withTaps);

  const RunOptions *options;
  std::unique_ptr<Model> model; ///< null for a `.so` or `.elf`
};

/// Ports of a network's arguments and results.
std::vector<Port> getInputPorts(mlir::func::FuncOp network);
std::vector<Port> getOutputPorts(mlir::func::FuncOp network);

/// A name for the result of `op`, the `index`-th of its block: unique, and the same on every
/// engine.
std::string getTapName(mlir::Operation *op, int64_t index);
std::string getTapName(mlir::Operation *op);

/// Levels 1 and 2, through FloatEngine.
llvm::Expected<std::unique_ptr<Engine>> makeFloatEngine(mlir::func::FuncOp network,
                                                        const RunOptions &options, bool withTaps);
/// Level 3, op by op.
llvm::Expected<std::unique_ptr<Engine>> makeReferenceEngine(mlir::func::FuncOp network,
                                                            const RunOptions &options);
/// Level 3, compiled in memory.
llvm::Expected<std::unique_ptr<Engine>> makeJitEngine(mlir::func::FuncOp network,
                                                      const RunOptions &options, bool withTaps);
/// An executable made with --harness, here or under an emulator.
llvm::Expected<std::unique_ptr<Engine>> makeExecutableEngine(const RunOptions &options);
/// A compiled library.
llvm::Expected<std::unique_ptr<Engine>> makeNativeEngine(const RunOptions &options);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_ENGINES_H

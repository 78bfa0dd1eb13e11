// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emits the steps of one network: the ProgramBuilder that kernels call.
#ifndef QOPT_LIB_CODEGEN_PROGRAMEMITTER_H
#define QOPT_LIB_CODEGEN_PROGRAMEMITTER_H

#include "KernelLibrary.h"

#include "qopt/Codegen/BufferPlan.h"
#include "qopt/Codegen/KernelProgram.h"

#include "llvm/ADT/StringSet.h"

namespace qopt::codegen {

/// A step function and the most tasks that it makes use of.
struct Step {
  mlir::func::FuncOp function;
  int64_t maxTasks = 1;
};

/// What a step's context points to; `context` below is this struct's address.
///   struct { inputs, outputs, workspace: ptr; tasks: i32 }
mlir::Type getContextType(mlir::MLIRContext *context);
enum ContextField { kContextInputs, kContextOutputs, kContextWorkspace, kContextTasks };

class ProgramEmitter : public ProgramBuilder {
public:
  ProgramEmitter(KernelLibrary &library, mlir::func::FuncOp network, const RowSet &rows,
                 const BufferPlan &plan, const ProgramOptions &options);

  /// Emits all steps.
  mlir::LogicalResult run();

  llvm::ArrayRef<Step> getSteps() const { return steps; }
  const ProgramInfo &getInfo() const { return info; }

  //===--- ProgramBuilder
  //----------------------------------------------------------------------===//
  const RowSet &getRows() const override { return rows; }
  Contract getContract() const override;
  bool keepsAllTensors() const override { return options.keepAll; }
  const BufferLayout &getLayout(mlir::Value tensor) const override;
  mlir::func::FuncOp getOrCreateKernel(llvm::StringRef name, llvm::StringRef signature,
                                       unsigned numPointers, KernelBody body) override;
  StepArg constant(llvm::StringRef name, llvm::ArrayRef<char> bytes) override;
  StepArg parameters(llvm::ArrayRef<char> bytes, const BiasWords &bias) override;
  StepArg taskScratch(int64_t bytes) override;
  void addStep(mlir::Operation *layer, mlir::func::FuncOp kernel, llvm::ArrayRef<StepArg> args,
               int64_t units, int64_t minUnitsPerTask) override;

private:
  struct StepBuilder;
  void emitCopy(mlir::Operation *user, const Copy &copy);
  void addHalo(StepBuilder &step, const View &view);
  StepBuilder beginStep(mlir::Operation *layer, llvm::StringRef what, int64_t maxTasks);
  void endStep(StepBuilder &step, mlir::func::FuncOp kernel);
  mlir::Value getPointer(StepBuilder &step, const View &view);
  std::string getActivationConstant(const Buffer &buffer, const BufferLayout &layout);
  void patchScratch();
  void recordTensors();

  KernelLibrary &library;
  mlir::func::FuncOp network;
  const RowSet &rows;
  const BufferPlan &plan;
  const ProgramOptions &options;
  mlir::Operation *current = nullptr; ///< the op being emitted
  bool haloPending = false;           ///< its results' halos are not yet filled
  llvm::DenseMap<mlir::Operation *, int64_t> positions;
  llvm::StringSet<> constantsUsed;
  llvm::SmallVector<mlir::Operation *> scratchStrides; ///< constants to be set to taskBytes
  llvm::SmallVector<Step> steps;
  ProgramInfo info;
};

} // namespace qopt::codegen

#endif // QOPT_LIB_CODEGEN_PROGRAMEMITTER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel program of one network under construction: kernels, packed constants, steps.
#ifndef QOPT_CODEGEN_PROGRAMBUILDER_H
#define QOPT_CODEGEN_PROGRAMBUILDER_H

#include "qopt/Codegen/BufferLayout.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include <string>

namespace qopt::codegen {

class RowSet;

/// A pointer that a step hands to its kernel: a tensor's first interior element, a constant, or
/// memory of the task that runs the kernel (neither is set).
struct StepArg {
  mlir::Value tensor;       ///< operand or result of the layer; null otherwise
  std::string constantName; ///< symbol of a packed constant
};

/// Where a parameter block keeps the biases: the i32 word at `offset + 4 i` is that of channel
/// `channels[i]`, or of none.
struct BiasWords {
  static constexpr int64_t kNone = -1;
  int64_t offset = 0;
  llvm::SmallVector<int64_t> channels;
};

/// A kernel is `func.func private @name(!llvm.ptr..., %begin: index, %end: index)`: it does the
/// units [begin, end) of its work; units are independent of one another, in any order and on any
/// thread, and give the same bytes however they are split. Pointers do not alias.
using KernelBody =
    llvm::function_ref<void(mlir::OpBuilder &, mlir::Location, mlir::ValueRange pointers,
                            mlir::Value begin, mlir::Value end)>;

class ProgramBuilder {
public:
  virtual ~ProgramBuilder() = default;

  virtual const RowSet &getRows() const = 0;
  virtual Contract getContract() const = 0;
  /// As LayoutPlanner's.
  virtual bool keepsAllTensors() const { return false; }
  /// The decided layout of an operand or result of the op being emitted (as this op sees it: two
  /// users of one tensor may see different buffers).
  virtual const BufferLayout &getLayout(mlir::Value tensor) const = 0;

  /// The kernel `name`, built by `body` unless one of an equal name and signature exists; together
  /// the two spell everything that the body depends on. A signature is hashed into the symbol.
  /// The body emits no terminator.
  virtual mlir::func::FuncOp getOrCreateKernel(llvm::StringRef name, llvm::StringRef signature,
                                               unsigned numPointers, KernelBody body) = 0;

  static StepArg tensor(mlir::Value value) { return {value, ""}; }
  /// Adds a read-only constant, aligned to 64 bytes; equal bytes share one symbol.
  virtual StepArg constant(llvm::StringRef name, llvm::ArrayRef<char> bytes) = 0;
  /// A layer's parameter block, a constant as well; where programs are patchable it is a writable
  /// object of the layer's own.
  virtual StepArg parameters(llvm::ArrayRef<char> bytes, const BiasWords &bias) {
    return constant("parameters", bytes);
  }
  /// At least `bytes` bytes, aligned to 64, that only the running task uses; contents are undefined
  /// when the kernel begins. One per step.
  virtual StepArg taskScratch(int64_t bytes) = 0;

  /// Runs `kernel(args..., begin, end)` over `units` units, split among the tasks into contiguous
  /// ranges; `minUnitsPerTask` keeps tiny work on one task. Steps run one after the other. Halos of
  /// the layer's results are filled by its first step.
  virtual void addStep(mlir::Operation *layer, mlir::func::FuncOp kernel,
                       llvm::ArrayRef<StepArg> args, int64_t units, int64_t minUnitsPerTask) = 0;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_PROGRAMBUILDER_H

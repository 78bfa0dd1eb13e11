// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a network op by op. On level 3 this is the oracle that every back end is held against; on
// levels 1 and 2 it is the float engine of plain loops.
#ifndef QOPT_EXECUTIONENGINE_INTERPRETER_H
#define QOPT_EXECUTIONENGINE_INTERPRETER_H

#include "qopt/ExecutionEngine/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace qopt {

/// Called in program order while a network runs. Null: not interested.
struct InterpreterTaps {
  using Callback = llvm::function_ref<void(mlir::Operation *, const Tensor &)>;
  /// Every result of every op (constants excepted).
  Callback result = nullptr;
  /// The int32 accumulator of a convolution or fully connected layer of level 3.
  Callback accumulator = nullptr;
};

class Interpreter {
public:
  /// Prepares `function`: one block of qopt ops with static shapes. An error names the first op
  /// that cannot be evaluated. The function must outlive the interpreter and not change meanwhile.
  static llvm::Expected<Interpreter> create(mlir::func::FuncOp function);

  mlir::func::FuncOp getFunction() const { return function; }

  /// Replaces the value of a constant (a result of qopt.constant) from now on; the IR stays as it
  /// is. An error where the shape or kind of elements differs.
  llvm::Error overrideConstant(mlir::Value constant, Tensor value);

  /// One evaluation. Inputs and outputs are in the order of the function's arguments and results.
  /// Values are freed after their last use. Several threads may call this at once.
  llvm::Expected<llvm::SmallVector<Tensor>> run(llvm::ArrayRef<Tensor> inputs,
                                                const InterpreterTaps &taps = {}) const;

private:
  explicit Interpreter(mlir::func::FuncOp function) : function(function) {}

  /// An op and the values that nobody reads after it.
  struct Step {
    mlir::Operation *op;
    llvm::SmallVector<mlir::Value, 2> dying;
  };

  llvm::Error addStep(mlir::Operation *op);
  void markLastUses();

  mlir::func::FuncOp function;
  llvm::DenseMap<mlir::Value, Tensor> constants;
  std::vector<Step> steps;
};

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_INTERPRETER_H

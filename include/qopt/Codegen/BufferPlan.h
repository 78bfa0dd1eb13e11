// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where every tensor of a network lives: in the caller's buffers, in the arena or in a constant.
#ifndef QOPT_CODEGEN_BUFFERPLAN_H
#define QOPT_CODEGEN_BUFFERPLAN_H

#include "qopt/Codegen/BufferLayout.h"
#include "qopt/Codegen/LayoutPlanner.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

namespace qopt::codegen {

/// The dense layout of `type` as a caller of the network sees it (codes signed).
BufferLayout getExternalLayout(mlir::ShapedType type);

struct Buffer {
  enum class Kind { Input, Output, Arena, Constant };
  Kind kind = Kind::Arena;
  unsigned index = 0; ///< of the input or output
  int64_t offset = 0; ///< in the arena
  int64_t bytes = 0;
  int first = 0, last = 0; ///< first write and last use, for the arena
  mlir::Value origin;      ///< the tensor it was made for
};

/// A tensor as one of its users sees it.
struct View {
  unsigned buffer = 0;
  BufferLayout layout;
};

/// Moves a tensor to a buffer that suits another user (or the caller).
struct Copy {
  View from, to;
};

class BufferPlan {
public:
  /// Asks every op of `network` (one block of ops that implement KernelOpInterface, constants and
  /// a return) what it needs. With `keepAll` no arena bytes are shared and no tensor lives in an
  /// output, so that every tensor can be read from the workspace after a run. Errors are emitted
  /// on the op.
  static mlir::FailureOr<BufferPlan> create(mlir::func::FuncOp network, const RowSet &rows,
                                            bool keepAll);

  /// The buffer that `op` uses for its operand or result `tensor`.
  const View &getView(mlir::Operation *op, mlir::Value tensor) const;
  /// What must be copied just before `op`.
  llvm::ArrayRef<Copy> getCopiesBefore(mlir::Operation *op) const;
  /// Whether a step of `op` must write `tensor` (false for aliases).
  bool isAlias(mlir::Value tensor) const { return aliases.contains(tensor); }

  llvm::ArrayRef<Buffer> getBuffers() const { return buffers; }
  /// Where tensors were first written.
  const llvm::MapVector<mlir::Value, llvm::SmallVector<View, 1>> &getViews() const { return views; }
  int64_t getArenaBytes() const { return arenaBytes; }
  int64_t getArenaLowerBound() const { return arenaLowerBound; }

private:
  friend class BufferPlanner;
  llvm::SmallVector<Buffer> buffers;
  llvm::MapVector<mlir::Value, llvm::SmallVector<View, 1>> views; ///< the home comes first
  llvm::DenseMap<std::pair<mlir::Operation *, mlir::Value>, View> uses;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<Copy, 1>> copies;
  llvm::DenseMap<mlir::Value, mlir::Value> aliases;
  int64_t arenaBytes = 0, arenaLowerBound = 0;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_BUFFERPLAN_H

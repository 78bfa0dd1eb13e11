// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collects what a kernel asks of its buffers.
#ifndef QOPT_CODEGEN_LAYOUTPLANNER_H
#define QOPT_CODEGEN_LAYOUTPLANNER_H

#include "qopt/Codegen/BufferLayout.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/MapVector.h"

namespace qopt::codegen {

class RowSet;

/// One op's requests (the buffer plan asks every op with a planner of its own). All of them are
/// met: where the needs of two users of a tensor cannot share a buffer (a halo here, dense there, a
/// caller's buffer), the plan inserts a copy, and each op sees the layout of its own buffer.
class LayoutPlanner {
public:
  explicit LayoutPlanner(const RowSet &rows, bool keepAll = false) : rows(rows), keepAll(keepAll) {}

  const RowSet &getRows() const { return rows; }
  /// A debugger will read every tensor: no kernel may absorb another op's result.
  bool keepsAllTensors() const { return keepAll; }

  /// The kernel reads up to this many pixels outside the image (operands only; the halo holds the
  /// zero point at rest).
  void requestHalo(mlir::Value tensor, const Halo &halo);
  /// The kernel reads (or writes) whole groups of `multiple` channels of a pixel; the bytes past c
  /// are undefined. The layout's pixelStride is then a multiple of `multiple` elements.
  void requestPixelMultiple(mlir::Value tensor, int64_t multiple);
  /// The kernel walks the tensor's bytes linearly: no halo, no padding.
  void requestDense(mlir::Value tensor);
  /// Both values are one dense buffer (reshape); the op emits no step.
  void alias(mlir::Value result, mlir::Value operand);

  struct Request {
    Halo halo;
    int64_t pixelMultiple = 1;
    bool dense = false;
    mlir::Value aliasOf;
  };
  /// The request for `tensor`; the default one if there is none.
  Request getRequest(mlir::Value tensor) const;

private:
  const RowSet &rows;
  bool keepAll;
  llvm::MapVector<mlir::Value, Request> requests;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_LAYOUTPLANNER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the kernels of layers without weights share: grids, bounds, codes in and out of registers.
#ifndef QOPT_CODEGEN_KERNELS_KERNELSUPPORT_H
#define QOPT_CODEGEN_KERNELS_KERNELSUPPORT_H

#include "IterationSpace.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Codegen/RequantizeBuilder.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"

#include <optional>

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// From the IR to numbers
//===----------------------------------------------------------------------===//

/// An error that names the layer; the caller says what it lacks.
mlir::InFlightDiagnostic emitLayerError(mlir::Operation *op);

/// The grid of a tensor quantized per tensor with 8-bit signed storage; else an error on `op`.
mlir::FailureOr<numerics::Grid> getGrid(mlir::Operation *op, mlir::Value tensor);

/// The value, or its error as a diagnostic on `op`.
template <typename T> mlir::FailureOr<T> orEmit(mlir::Operation *op, llvm::Expected<T> value) {
  if (value)
    return std::move(*value);
  emitLayerError(op) << llvm::toString(value.takeError());
  return mlir::failure();
}

/// Clamp bounds of a result as codes at rest; one, or one per channel.
struct CodeBounds {
  llvm::SmallVector<int32_t> lower, upper;
  bool perChannel() const { return lower.size() > 1 || upper.size() > 1; }
};
/// The storage bounds of `grid`, narrowed by the clamps of a ClampedOpInterface.
CodeBounds getBounds(mlir::Operation *op, const numerics::Grid &grid, const BufferLayout &layout);

/// The spec of `result` with these multipliers (one for all, or one for each case that the kernel
/// tells apart). Bounds per channel are left to ChannelClamp.
mlir::FailureOr<RequantizeSpec>
getRequantizeSpec(mlir::Operation *op, ProgramBuilder &builder,
                  llvm::ArrayRef<numerics::RealMultiplier> multipliers, int64_t maxAbsAccumulator,
                  mlir::Value result);

ElementView viewOf(ProgramBuilder &builder, mlir::Value tensor);

//===----------------------------------------------------------------------===//
// Codes in registers
//===----------------------------------------------------------------------===//

/// Elements of type `element`, repeated where the access repeats.
mlir::Value loadElements(Emitter &emit, const Access &access, mlir::Type element, int64_t width);
/// Codes at rest as i32.
mlir::Value loadCodes(Emitter &emit, const Access &access, bool flipped, int64_t width);
/// q - z as i32.
mlir::Value loadCentered(Emitter &emit, const Access &access, const BufferLayout &layout,
                         int64_t width);
/// i32 codes at rest to bytes.
void storeCodes(Emitter &emit, mlir::Value codes, const Access &access);

/// Every byte XOR 128: from signed codes to flipped ones and back.
mlir::Value flipBytes(Emitter &emit, mlir::Value bytes);
/// Bytes in a vector of `rows`.
int64_t byteLanes(const RowSet &rows);
/// Elements of `layout` in a vector of `rows`, for moving them.
int64_t lanesFor(const RowSet &rows, const BufferLayout &layout);

/// clamp(rne(real) + z) for an f32 `real` that is not NaN. Bounds and z are at rest.
mlir::Value roundToCodes(Emitter &emit, const RowSet &rows, mlir::Value real, int32_t lower,
                         int32_t upper, int32_t zeroPoint);

/// Bounds that differ by channel: two more operands of the iteration space (arrays of i32 repeated
/// along all dimensions but the last).
class ChannelClamp {
public:
  ChannelClamp(ProgramBuilder &builder, mlir::Operation *op, const CodeBounds &bounds,
               llvm::ArrayRef<int64_t> resultShape);

  void addOperands(llvm::SmallVectorImpl<ElementView> &views,
                   llvm::SmallVectorImpl<StepArg> &args) const;
  /// `accesses` ends with the two operands, if there are any.
  mlir::Value apply(Emitter &emit, mlir::Value codes, llvm::ArrayRef<Access> accesses) const;

private:
  llvm::SmallVector<ElementView> views;
  llvm::SmallVector<StepArg> args;
};

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Adds the step of a kernel that visits every element of `args` (views of one shape) once.
/// `signature` spells what the body depends on besides the views.
void addElementwiseStep(
    ProgramBuilder &builder, mlir::Operation *op, llvm::StringRef name, llvm::StringRef signature,
    llvm::ArrayRef<ElementView> views, llvm::ArrayRef<StepArg> args, int64_t lanes,
    llvm::function_ref<void(Emitter &, llvm::ArrayRef<Access>, int64_t width)> body);

/// Adds a step that copies the elements of `from`, a view of tensor `x`, to those of `to`, a view
/// of tensor `y`.
void addCopyStep(ProgramBuilder &builder, mlir::Operation *op, llvm::StringRef name, mlir::Value x,
                 const ElementView &from, mlir::Value y, const ElementView &to);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELS_KERNELSUPPORT_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of quantize, dequantize and requantize.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

//===----------------------------------------------------------------------===//
// quantize
//===----------------------------------------------------------------------===//

/// clamp(rne(f32(x / s)) + z) at rest; NaN gives z.
Value emitQuantized(Emitter &emit, const RowSet &rows, Value x, const Grid &grid,
                    const BufferLayout &layout) {
  int32_t shift = layout.flipped ? 128 : 0;
  Value real = emit.divF(x, emit.real(x.getType(), grid.scale));
  Value isNaN =
      arith::CmpFOp::create(emit.builder, emit.loc, arith::CmpFPredicate::UNO, real, real);
  real = arith::SelectOp::create(emit.builder, emit.loc, isNaN, emit.real(real.getType(), 0), real);
  return roundToCodes(emit, rows, real, grid.storage.min + shift, grid.storage.max + shift,
                      grid.zeroPoint + shift);
}

/// The transpose whose result only this quantize reads, where both can be one kernel.
TransposeOp getFusedTranspose(QuantizeOp op) {
  auto transpose = op.getInput().getDefiningOp<TransposeOp>();
  return transpose && isFusedIntoQuantize(transpose) ? transpose : TransposeOp();
}

/// The f32 operand; behind a fused transpose, the elements of the transpose's own operand (both
/// share one dense buffer) in the order of the result.
ElementView viewOfInput(ProgramBuilder &builder, QuantizeOp op) {
  TransposeOp transpose = builder.keepsAllTensors() ? TransposeOp() : getFusedTranspose(op);
  if (!transpose)
    return viewOf(builder, op.getInput());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(transpose.getInput().getType()).getShape();
  return ElementView::dense(shape, sizeof(float)).permute(transpose.getPermutation());
}

struct QuantizeKernel : KernelOpInterface::ExternalModel<QuantizeKernel, QuantizeOp> {
  void requestLayouts(Operation *op, LayoutPlanner &planner) const {
    auto quantize = cast<QuantizeOp>(op);
    if (!planner.keepsAllTensors() && getFusedTranspose(quantize))
      planner.requestDense(quantize.getInput());
  }

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto quantize = cast<QuantizeOp>(op);
    FailureOr<Grid> grid = getGrid(op, quantize.getOutput());
    if (failed(grid))
      return failure();
    const RowSet &rows = builder.getRows();
    const BufferLayout &layout = builder.getLayout(quantize.getOutput());
    std::string signature = llvm::formatv(
        "s{0} z{1} [{2},{3}] {4}", llvm::bit_cast<int32_t>(grid->scale), grid->zeroPoint,
        grid->storage.min, grid->storage.max, layout.flipped);
    addElementwiseStep(builder, op, "quantize", signature,
                       {viewOfInput(builder, quantize), viewOf(builder, quantize.getOutput())},
                       {builder.tensor(quantize.getInput()), builder.tensor(quantize.getOutput())},
                       rows.getLanes(), [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
                         Value x = loadElements(emit, at[0], emit.floatType(), width);
                         storeCodes(emit, emitQuantized(emit, rows, x, *grid, layout), at[1]);
                       });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// dequantize
//===----------------------------------------------------------------------===//

struct DequantizeKernel : KernelOpInterface::ExternalModel<DequantizeKernel, DequantizeOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto dequantize = cast<DequantizeOp>(op);
    FailureOr<Grid> grid = getGrid(op, dequantize.getInput());
    if (failed(grid))
      return failure();
    const BufferLayout &layout = builder.getLayout(dequantize.getInput());
    std::string signature = llvm::formatv("s{0} z{1} {2}", llvm::bit_cast<int32_t>(grid->scale),
                                          grid->zeroPoint, layout.flipped);
    addElementwiseStep(
        builder, op, "dequantize", signature,
        {viewOf(builder, dequantize.getInput()), viewOf(builder, dequantize.getOutput())},
        {builder.tensor(dequantize.getInput()), builder.tensor(dequantize.getOutput())},
        builder.getRows().getLanes(), [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
          Value real = emit.toFloat(loadCentered(emit, at[0], layout, width));
          Value scaled = emit.mulF(real, emit.real(real.getType(), grid->scale));
          emit.store(scaled, at[1].address, alignof(float));
        });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// requantize
//===----------------------------------------------------------------------===//

struct RequantizeKernel : KernelOpInterface::ExternalModel<RequantizeKernel, RequantizeOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto requantize = cast<RequantizeOp>(op);
    Value input = requantize.getInput(), output = requantize.getOutput();
    FailureOr<Grid> from = getGrid(op, input), to = getGrid(op, output);
    if (failed(from) || failed(to))
      return failure();
    FailureOr<RequantizeSpec> spec =
        getRequantizeSpec(op, builder, {ratioMultiplier(from->scale, to->scale)},
                          largestMagnitude(from->storage, from->zeroPoint), output);
    if (failed(spec))
      return failure();
    const BufferLayout &layout = builder.getLayout(input);
    RequantizeBuilder arithmetic(builder.getRows(), *spec);
    std::string signature = llvm::formatv("{0} z{1} {2}", arithmetic.getSignature(),
                                          from->zeroPoint, layout.flipped);
    addElementwiseStep(builder, op, "requantize", signature,
                       {viewOf(builder, input), viewOf(builder, output)},
                       {builder.tensor(input), builder.tensor(output)},
                       builder.getRows().getLanes(),
                       [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
                         Value q = loadCentered(emit, at[0], layout, width);
                         auto operands = arithmetic.loadOperands(emit, {}, 0, {}, width);
                         storeCodes(emit, arithmetic.emitCodes(emit, q, operands), at[1]);
                       });
    return success();
  }
};

} // namespace

bool isFusedIntoQuantize(TransposeOp op) {
  return isa<BlockArgument>(op.getInput()) && op.getType().getElementType().isF32() &&
         op->hasOneUse() && isa<QuantizeOp>(*op->user_begin());
}

void attachCastKernels(MLIRContext &context) {
  QuantizeOp::attachInterface<QuantizeKernel>(context);
  DequantizeOp::attachInterface<DequantizeKernel>(context);
  RequantizeOp::attachInterface<RequantizeKernel>(context);
}

} // namespace qopt::codegen

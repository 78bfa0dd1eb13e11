// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that move elements: concat, pad, slice, resize_nearest; reshape is an alias.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

ArrayRef<int64_t> shapeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getShape();
}

/// Sets every element of tensor `y` to `bits`.
void addFillStep(ProgramBuilder &builder, Operation *op, Value y, int64_t bits) {
  const BufferLayout &layout = builder.getLayout(y);
  addElementwiseStep(builder, op, "fill", llvm::formatv("{0}", bits).str(), {viewOf(builder, y)},
                     {builder.tensor(y)}, lanesFor(builder.getRows(), layout),
                     [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
                       Type type = emit.intType(8 * layout.elementBytes, width);
                       emit.store(emit.integer(type, bits), at[0].address, layout.elementBytes);
                     });
}

struct ConcatKernel : KernelOpInterface::ExternalModel<ConcatKernel, ConcatOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto concat = cast<ConcatOp>(op);
    Value y = concat.getOutput();
    ElementView whole = viewOf(builder, y);
    SmallVector<int64_t> starts(whole.shape.size(), 0), steps(whole.shape.size(), 1);
    for (Value x : concat.getInputs()) {
      ElementView part = whole.box(starts, steps, shapeOf(x));
      addCopyStep(builder, op, "concat", x, viewOf(builder, x), y, part);
      starts[concat.getAxis()] += shapeOf(x)[concat.getAxis()];
    }
    return success();
  }
};

struct PadKernel : KernelOpInterface::ExternalModel<PadKernel, PadOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto pad = cast<PadOp>(op);
    Value x = pad.getInput(), y = pad.getOutput();
    float value = pad.getValue().convertToFloat();
    int64_t bits = llvm::bit_cast<int32_t>(value);
    if (!builder.getLayout(y).isFloat) {
      FailureOr<Grid> grid = getGrid(op, y);
      if (failed(grid))
        return failure();
      uint8_t flip = builder.getLayout(y).flipped ? 128 : 0;
      bits = static_cast<int8_t>(storageBound(value, *grid) ^ flip);
    }
    addFillStep(builder, op, y, bits);
    SmallVector<int64_t> steps(shapeOf(y).size(), 1);
    ElementView inside = viewOf(builder, y).box(pad.getLow(), steps, shapeOf(x));
    addCopyStep(builder, op, "pad", x, viewOf(builder, x), y, inside);
    return success();
  }
};

struct SliceKernel : KernelOpInterface::ExternalModel<SliceKernel, SliceOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto slice = cast<SliceOp>(op);
    Value x = slice.getInput(), y = slice.getOutput();
    ElementView read = viewOf(builder, x).box(slice.getStarts(), slice.getSteps(), shapeOf(y));
    addCopyStep(builder, op, "slice", x, read, y, viewOf(builder, y));
    return success();
  }
};

struct ReshapeKernel : KernelOpInterface::ExternalModel<ReshapeKernel, ReshapeOp> {
  void requestLayouts(Operation *op, LayoutPlanner &planner) const {
    planner.alias(op->getResult(0), op->getOperand(0));
  }

  LogicalResult emitKernel(Operation *, ProgramBuilder &) const { return success(); }
};

/// Each dimension of `view` in two: whole steps of `factors[d]` elements, and the elements of one.
ElementView splitSpatial(const ElementView &view, ArrayRef<int64_t> factors, bool repeat) {
  ElementView split = view;
  split.whole = false;
  split.shape = {view.shape[0]}, split.strides = {view.strides[0]};
  for (size_t i = 0; i < 2; ++i) {
    int64_t size = view.shape[i + 1], stride = view.strides[i + 1], factor = factors[i];
    split.shape.append({repeat ? size : size / factor, factor});
    split.strides.append({repeat ? stride : stride * factor, repeat ? 0 : stride});
  }
  split.shape.push_back(view.shape[3]), split.strides.push_back(view.strides[3]);
  return split;
}

struct ResizeKernel : KernelOpInterface::ExternalModel<ResizeKernel, ResizeNearestOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto resize = cast<ResizeNearestOp>(op);
    Value x = resize.getInput(), y = resize.getOutput();
    addCopyStep(builder, op, "resize", x,
                splitSpatial(viewOf(builder, x), resize.getScales(), /*repeat=*/true), y,
                splitSpatial(viewOf(builder, y), resize.getScales(), /*repeat=*/false));
    return success();
  }
};

} // namespace

void attachMovementKernels(MLIRContext &context) {
  ConcatOp::attachInterface<ConcatKernel>(context);
  PadOp::attachInterface<PadKernel>(context);
  SliceOp::attachInterface<SliceKernel>(context);
  ReshapeOp::attachInterface<ReshapeKernel>(context);
  ResizeNearestOp::attachInterface<ResizeKernel>(context);
}

} // namespace qopt::codegen

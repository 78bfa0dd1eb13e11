// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of dequantize and requantize.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

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
        builder.getRows().getFloatLanes(), [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
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

/// Unsigned codes are signed ones that lie flipped at rest; only arguments have them.
FailureOr<Grid> getSignedGrid(Operation *op, Value input) {
  std::optional<QuantParams> params = getQuantParams(input.getType());
  if (!params || params->isSigned || params->axis != -1 || !isa<BlockArgument>(input))
    return getGrid(op, input);
  return Grid{params->scale(0),
              params->zeroPoint(0) - 128,
              {params->storageMin - 128, params->storageMax - 128}};
}

/// The same bytes, but for their top bits.
bool isFlip(RequantizeOp op) {
  std::optional<QuantParams> from = getQuantParams(op.getInput().getType());
  std::optional<QuantParams> to = getQuantParams(op.getOutput().getType());
  return isa<BlockArgument>(op.getInput()) && from && to && !from->isSigned && to->isSigned &&
         from->axis == -1 && to->axis == -1 && from->scale(0) == to->scale(0) &&
         from->zeroPoint(0) == to->zeroPoint(0) + 128 && from->storageMin == to->storageMin + 128 &&
         from->storageMax == to->storageMax + 128;
}

struct RequantizeKernel : KernelOpInterface::ExternalModel<RequantizeKernel, RequantizeOp> {
  void requestLayouts(Operation *op, LayoutPlanner &planner) const {
    if (isFlip(cast<RequantizeOp>(op)))
      planner.alias(op->getResult(0), op->getOperand(0));
  }

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto requantize = cast<RequantizeOp>(op);
    if (isFlip(requantize))
      return success();
    Value input = requantize.getInput(), output = requantize.getOutput();
    FailureOr<Grid> from = getSignedGrid(op, input), to = getGrid(op, output);
    if (failed(from) || failed(to))
      return failure();
    FailureOr<RequantizeSpec> spec =
        getRequantizeSpec(op, builder, {ratioMultiplier(from->scale, to->scale)},
                          largestMagnitude(from->storage, from->zeroPoint), output);
    if (failed(spec))
      return failure();
    const BufferLayout &layout = builder.getLayout(input);
    RequantizeBuilder arithmetic(builder.getRows(), *spec);
    std::string signature =
        llvm::formatv("{0} z{1} {2}", arithmetic.getSignature(), from->zeroPoint, layout.flipped);
    addElementwiseStep(
        builder, op, "requantize", signature, {viewOf(builder, input), viewOf(builder, output)},
        {builder.tensor(input), builder.tensor(output)}, builder.getRows().getElementLanes(),
        [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
          Value q = loadCentered(emit, at[0], layout, width);
          auto operands = arithmetic.loadOperands(emit, {}, 0, {}, width);
          storeCodes(emit, arithmetic.emitCodes(emit, q, operands), at[1]);
        });
    return success();
  }
};

} // namespace

void attachCastKernels(MLIRContext &context) {
  DequantizeOp::attachInterface<DequantizeKernel>(context);
  RequantizeOp::attachInterface<RequantizeKernel>(context);
}

} // namespace qopt::codegen

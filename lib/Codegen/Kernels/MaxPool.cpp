// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel of max_pool2d: bytes, no arithmetic.
#include "KernelSupport.h"
#include "LayerKernels.h"
#include "PoolLoops.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace qopt::codegen {
namespace {

Value largerByte(Emitter &emit, Value a, Value b, bool isUnsigned) {
  if (isUnsigned)
    return arith::MaxUIOp::create(emit.builder, emit.loc, a, b);
  return emit.max(a, b);
}

struct MaxPoolKernel : KernelOpInterface::ExternalModel<MaxPoolKernel, MaxPool2DOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto pool = cast<MaxPool2DOp>(op);
    FailureOr<numerics::Grid> grid = getGrid(op, pool.getInput());
    if (failed(grid))
      return failure();
    const BufferLayout &input = builder.getLayout(pool.getInput());
    const BufferLayout &output = builder.getLayout(pool.getOutput());
    if (input.flipped != output.flipped)
      return emitLayerError(op) << "expects operand and result in one form at rest";
    PoolLoops loops(
        Window::get(pool.getKernel(), pool.getStrides(), pool.getPads(), pool.getDilations()),
        input, output);
    int32_t least = grid->storage.min + (input.flipped ? 128 : 0);
    auto body = [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin, Value end) {
      Emitter emit(b, loc);
      auto site = [&](const PoolSite &at, int64_t width) {
        Type bytes = emit.intType(8, width);
        Value initial = emit.integer(bytes, static_cast<int8_t>(least));
        Value largest = loops.reduceTaps(emit, at, initial, [&](Value value, Value address) {
          return largerByte(emit, value, emit.load(bytes, address), input.flipped);
        });
        emit.store(largest, at.output);
      };
      loops.emit(emit, pointers, begin, end, byteLanes(builder.getRows()), site);
    };
    std::string signature =
        llvm::formatv("{0} {1} {2}", loops.getSignature(), least, input.flipped);
    func::FuncOp kernel = builder.getOrCreateKernel("max_pool2d", signature, 2, body);
    builder.addStep(op, kernel, {builder.tensor(pool.getInput()), builder.tensor(pool.getOutput())},
                    loops.getUnits(), loops.getMinUnitsPerTask());
    return success();
  }
};

} // namespace

void attachMaxPoolKernels(MLIRContext &context) {
  MaxPool2DOp::attachInterface<MaxPoolKernel>(context);
}

} // namespace qopt::codegen

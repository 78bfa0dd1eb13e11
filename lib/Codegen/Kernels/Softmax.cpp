// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel of softmax: a table of exponentials and one division per element.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Quantization/Lookup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

/// Emits the three passes over one row of `channels` elements.
class SoftmaxRow {
public:
  SoftmaxRow(Emitter &emit, int64_t channels, const BufferLayout &input, const BufferLayout &output,
             const Grid &grid, ArrayRef<Access> at)
      : emit(emit), channels(channels), input(input), output(output), grid(grid),
        row(at[0].address), result(at[1].address), table(at[2].address) {}

  void emitRow() {
    Value largest = emitLargest();
    Value sum = emitSum(largest);
    emit.forLoop(0, channels, 1,
                 [&](Value i) { storeResult(i, divideRounded(exponential(largest, i), sum)); });
  }

private:
  Value code(Value i) {
    Value byte = emit.load(emit.intType(8), emit.address(row, i));
    return emit.extend(byte, 32, !input.flipped);
  }

  Value emitLargest() {
    return emit.forLoop(emit.index(0), emit.index(channels), 1,
                        emit.integer(emit.intType(32), -128),
                        [&](Value i, ValueRange carried) -> SmallVector<Value> {
                          return {emit.max(carried[0], code(i))};
                        })[0];
  }

  /// T[max - q_i] as i64.
  Value exponential(Value largest, Value i) {
    Value distance = emit.sub(largest, code(i));
    Value index =
        arith::IndexCastUIOp::create(emit.builder, emit.loc, emit.builder.getIndexType(), distance);
    Value entry = emit.load(emit.intType(32), emit.address(table, emit.mul(index, 4)), 4);
    return emit.extend(entry, 64, /*isSigned=*/false);
  }

  Value emitSum(Value largest) {
    return emit.forLoop(emit.index(0), emit.index(channels), 1, emit.integer(emit.intType(64), 0),
                        [&](Value i, ValueRange carried) -> SmallVector<Value> {
                          return {emit.add(carried[0], exponential(largest, i))};
                        })[0];
  }

  /// (256·e + S/2) / S, unsigned; at most 256. Targets without a 64-bit division would call a
  /// library here.
  Value divideRounded(Value exponential, Value sum) {
    Value half =
        arith::ShRUIOp::create(emit.builder, emit.loc, sum, emit.integer(sum.getType(), 1));
    Value numerator = emit.add(emit.mul(exponential, 256), half);
    return emit.truncate(arith::DivUIOp::create(emit.builder, emit.loc, numerator, sum), 32);
  }

  void storeResult(Value i, Value value) {
    int32_t z = grid.zeroPoint;
    value = emit.clamp(value, grid.storage.min - z, grid.storage.max - z);
    if (output.isFloat) {
      Value real = emit.mulF(emit.toFloat(value), emit.real(emit.floatType(), grid.scale));
      return emit.store(real, emit.address(result, emit.mul(i, 4)), alignof(float));
    }
    Value atRest = emit.add(value, z + (output.flipped ? 128 : 0));
    emit.store(emit.truncate(atRest, 8), emit.address(result, i));
  }

  Emitter &emit;
  int64_t channels;
  const BufferLayout &input, &output;
  const Grid &grid;
  Value row, result, table;
};

ElementView withoutLast(ElementView view) {
  view.shape.pop_back(), view.strides.pop_back();
  view.whole = false;
  return view;
}

struct SoftmaxKernel : KernelOpInterface::ExternalModel<SoftmaxKernel, SoftmaxOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto softmax = cast<SoftmaxOp>(op);
    Value x = softmax.getInput(), y = softmax.getOutput();
    const BufferLayout &input = builder.getLayout(x), &output = builder.getLayout(y);
    FailureOr<Grid> from = getGrid(op, x);
    FailureOr<Grid> to = output.isFloat ? softmaxOutputGrid() : getGrid(op, y);
    if (failed(from) || failed(to))
      return failure();
    SoftmaxTable table = buildSoftmaxTable(from->scale);
    StepArg constant = builder.constant(
        "exponentials", {reinterpret_cast<const char *>(table.data()), sizeof(table)});
    int64_t channels = cast<RankedTensorType>(x.getType()).getShape().back();
    ElementView rows = withoutLast(viewOf(builder, x)), results = withoutLast(viewOf(builder, y));
    ElementView tableView = ElementView::dense({1}, sizeof(uint32_t)).broadcast(rows.shape);
    std::string signature =
        llvm::formatv("{0} {1} {2} {3} z{4} [{5},{6}]", channels, input.flipped, output.flipped,
                      output.isFloat, to->zeroPoint, to->storage.min, to->storage.max);
    addElementwiseStep(builder, op, "softmax", signature, {rows, results, tableView},
                       {builder.tensor(x), builder.tensor(y), constant}, 1,
                       [&](Emitter &emit, ArrayRef<Access> at, int64_t) {
                         SoftmaxRow(emit, channels, input, output, *to, at).emitRow();
                       });
    return success();
  }
};

} // namespace

void attachSoftmaxKernels(MLIRContext &context) {
  SoftmaxOp::attachInterface<SoftmaxKernel>(context);
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel of avg_pool2d: a sum per window, requantized by the number of its taps that count.
#include "KernelSupport.h"
#include "LayerKernels.h"
#include "PoolLoops.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Quantization/AccumulatorBound.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

/// An average pool with its arithmetic. Where windows differ in their counts, the multiplier of
/// count n is "channel" n - 1 of the requantization's block.
class AveragePoolEmitter {
public:
  AveragePoolEmitter(const PoolLoops &loops, const BufferLayout &input, int64_t taps,
                     RequantizeBuilder arithmetic)
      : loops(loops), input(input), taps(taps), arithmetic(std::move(arithmetic)) {}

  void emit(Emitter &emit, ValueRange pointers, Value begin, Value end, int64_t lanes) const {
    Value block = arithmetic.hasBlock() ? pointers[2] : Value();
    loops.emit(emit, pointers.take_front(2), begin, end, lanes,
               [&](const PoolSite &site, int64_t width) { emitSite(emit, site, block, width); });
  }

private:
  void emitSite(Emitter &emit, const PoolSite &site, Value block, int64_t width) const {
    Type bytes = emit.intType(8, width);
    Value zero = emit.integer(emit.intType(32, width), 0);
    Value sum = loops.reduceTaps(emit, site, zero, [&](Value value, Value address) {
      return emit.add(value, emit.extend(emit.load(bytes, address), 32, !input.flipped));
    });
    Value count = emit.mul(emit.sub(site.rows.last, site.rows.first),
                           emit.sub(site.columns.last, site.columns.first));
    Value acc = emit.sub(sum, zeroTerm(emit, count, width));
    Value channel = block ? emit.add(count, -1) : Value();
    RequantizeBuilder::Operands scalars = arithmetic.loadOperands(emit, block, taps, channel, 1);
    auto operands = RequantizeBuilder::broadcast(emit, scalars, width);
    emit.store(emit.truncate(arithmetic.emitCodes(emit, acc, operands), 8), site.output);
  }

  /// z_x for each tap inside the image.
  Value zeroTerm(Emitter &emit, Value count, int64_t width) const {
    Value taps32 = arith::IndexCastOp::create(emit.builder, emit.loc, emit.intType(32), count);
    return emit.broadcast(emit.mul(taps32, input.zeroAtRest()), width);
  }

  const PoolLoops &loops;
  const BufferLayout &input;
  int64_t taps;
  RequantizeBuilder arithmetic;
};

/// The multipliers of counts 1 .. taps, or the one of `taps` where every window counts all.
FailureOr<RequantizeSpec> getSpec(AvgPool2DOp op, ProgramBuilder &builder, int64_t taps) {
  Value x = op.getInput(), y = op.getOutput();
  FailureOr<Grid> from = getGrid(op, x), to = getGrid(op, y);
  if (failed(from) || failed(to))
    return failure();
  bool padded = llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; });
  SmallVector<RealMultiplier> multipliers;
  for (int64_t n = padded && !op.getCountIncludePad() ? 1 : taps; n <= taps; ++n)
    multipliers.push_back(averageMultiplier(from->scale, to->scale, n));
  return getRequantizeSpec(op, builder, multipliers,
                           boundSum(from->storage, from->zeroPoint, taps).maxAbs(), y);
}

struct AvgPoolKernel : KernelOpInterface::ExternalModel<AvgPoolKernel, AvgPool2DOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto pool = cast<AvgPool2DOp>(op);
    Value x = pool.getInput(), y = pool.getOutput();
    int64_t taps = pool.getKernel()[0] * pool.getKernel()[1];
    FailureOr<RequantizeSpec> spec = getSpec(pool, builder, taps);
    if (failed(spec))
      return failure();
    const BufferLayout &input = builder.getLayout(x);
    PoolLoops loops(Window::get(pool.getKernel(), pool.getStrides(), pool.getPads(), {1, 1}), input,
                    builder.getLayout(y));
    RequantizeBuilder arithmetic(builder.getRows(), *spec);
    SmallVector<StepArg> args = {builder.tensor(x), builder.tensor(y)};
    if (arithmetic.hasBlock())
      args.push_back(builder.constant("multipliers", arithmetic.packBlock(taps)));
    std::string signature =
        llvm::formatv("{0} {1} z{2} {3}", loops.getSignature(), arithmetic.getSignature(),
                      input.zeroPoint, input.flipped);
    AveragePoolEmitter emitter(loops, input, taps, arithmetic);
    func::FuncOp kernel = builder.getOrCreateKernel(
        "avg_pool2d", signature, args.size(),
        [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin, Value end) {
          Emitter emit(b, loc);
          emitter.emit(emit, pointers, begin, end, builder.getRows().getElementLanes());
        });
    builder.addStep(op, kernel, args, loops.getUnits(), loops.getMinUnitsPerTask());
    return success();
  }
};

} // namespace

void attachAveragePoolKernels(MLIRContext &context) {
  AvgPool2DOp::attachInterface<AvgPoolKernel>(context);
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel of reduce_mean: for each group of kept elements, a sum over the reduced dimensions.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Quantization/AccumulatorBound.h"

#include "llvm/ADT/SmallSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

/// One loop over reduced elements.
struct ReducedDim {
  int64_t size, stride;
};

/// The operand of a mean: what is kept, and the loops over what is not.
struct MeanShape {
  ElementView kept;
  SmallVector<ReducedDim> reduced;
  int64_t count = 1;

  MeanShape(const ElementView &view, ArrayRef<int64_t> axes);
  std::string getSignature() const;
  /// The sum of the codes at rest over the reduced dimensions from loop `dim` on, added to `value`.
  Value emitSum(Emitter &emit, Value address, bool flipped, Value value, size_t dim = 0) const;
};

MeanShape::MeanShape(const ElementView &view, ArrayRef<int64_t> axes) : kept(view) {
  kept.whole = false;
  kept.shape.clear(), kept.strides.clear();
  for (size_t d = 0; d < view.shape.size(); ++d) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(d))) {
      kept.shape.push_back(view.shape[d]), kept.strides.push_back(view.strides[d]);
      continue;
    }
    count *= view.shape[d];
    ReducedDim dim = {view.shape[d], view.strides[d]};
    if (!reduced.empty() && reduced.back().stride == dim.size * dim.stride)
      reduced.back() = {reduced.back().size * dim.size, dim.stride};
    else
      reduced.push_back(dim);
  }
}

std::string MeanShape::getSignature() const {
  std::string text;
  for (const ReducedDim &dim : reduced)
    text += llvm::formatv("{0}:{1} ", dim.size, dim.stride).str();
  return text;
}

Value MeanShape::emitSum(Emitter &emit, Value address, bool flipped, Value value,
                         size_t dim) const {
  if (dim == reduced.size()) {
    Value bytes = emit.load(emit.intType(8, Emitter::widthOf(value)), address);
    return emit.add(value, emit.extend(bytes, 32, !flipped));
  }
  return emit.forLoop(emit.index(0), emit.index(reduced[dim].size), 1, value,
                      [&](Value i, ValueRange carried) -> SmallVector<Value> {
                        Value next = emit.address(address, emit.mul(i, reduced[dim].stride));
                        return {emitSum(emit, next, flipped, carried[0], dim + 1)};
                      })[0];
}

/// The result without its reduced dimensions.
ElementView keptResult(ProgramBuilder &builder, ReduceMeanOp op) {
  ElementView view = viewOf(builder, op.getOutput());
  view.whole = false;
  if (!op.getKeepDims())
    return view;
  for (int64_t axis : llvm::reverse(op.getAxes())) {
    view.shape.erase(view.shape.begin() + axis);
    view.strides.erase(view.strides.begin() + axis);
  }
  return view;
}

struct MeanKernel : KernelOpInterface::ExternalModel<MeanKernel, ReduceMeanOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto mean = cast<ReduceMeanOp>(op);
    Value x = mean.getInput(), y = mean.getOutput();
    FailureOr<Grid> from = getGrid(op, x), to = getGrid(op, y);
    if (failed(from) || failed(to))
      return failure();
    MeanShape shape(viewOf(builder, x), mean.getAxes());
    FailureOr<RequantizeSpec> spec =
        getRequantizeSpec(op, builder, {averageMultiplier(from->scale, to->scale, shape.count)},
                          boundSum(from->storage, from->zeroPoint, shape.count).maxAbs(), y);
    if (failed(spec))
      return failure();
    const BufferLayout &layout = builder.getLayout(x);
    RequantizeBuilder arithmetic(builder.getRows(), *spec);
    std::string signature =
        llvm::formatv("{0} {1} z{2} {3}", shape.getSignature(), arithmetic.getSignature(),
                      layout.zeroPoint, layout.flipped);
    addElementwiseStep(builder, op, "reduce_mean", signature,
                       {shape.kept, keptResult(builder, mean)},
                       {builder.tensor(x), builder.tensor(y)}, builder.getRows().getElementLanes(),
                       [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
                         // The zero points are taken off before anything is added: modulo 2^32.
                         int64_t zeros = shape.count * layout.zeroAtRest();
                         Value start = emit.integer(emit.intType(32, width), -zeros);
                         Value acc = shape.emitSum(emit, at[0].address, layout.flipped, start);
                         auto operands = arithmetic.loadOperands(emit, {}, 0, {}, width);
                         storeCodes(emit, arithmetic.emitCodes(emit, acc, operands), at[1]);
                       });
    return success();
  }
};

} // namespace

void attachMeanKernels(MLIRContext &context) { ReduceMeanOp::attachInterface<MeanKernel>(context); }

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/Transforms/Passes.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"

namespace qopt {
#define GEN_PASS_DEF_FUSECLAMPS
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {
struct FuseClampsPass : qopt::impl::FuseClampsBase<FuseClampsPass> {
  void runOnOperation() override {
    // Producers come first, so a chain of clamps collapses into its head.
    getOperation().walk([&](ClampOp clamp) { fuseIntoProducer(clamp); });
    getOperation().walk([&](ClampedOpInterface op) { dropImplied(op); });
  }

private:
  void fuseIntoProducer(ClampOp clamp);
  void dropImplied(ClampedOpInterface op);
};
} // namespace

void FuseClampsPass::fuseIntoProducer(ClampOp clamp) {
  auto producer = clamp.getInput().getDefiningOp<ClampedOpInterface>();
  if (!producer || !isQuantized(clamp.getInput()) || !clamp.getInput().hasOneUse())
    return;
  setClampBounds(producer, getClampBounds(producer).followedBy(getClampBounds(clamp)));
  clamp.getOutput().replaceAllUsesWith(clamp.getInput());
  clamp.erase();
  ++numFused;
}

/// Removes bounds that saturation enforces. A bound of one channel cannot go alone: all or none.
void FuseClampsPass::dropImplied(ClampedOpInterface op) {
  Value result = op->getResult(0);
  std::optional<QuantParams> params = getQuantParams(result.getType());
  if (!params)
    return;
  numerics::Grid grid = getGrid(*params);
  auto isImplied = [&](DenseF32ArrayAttr bounds, int32_t limit) {
    return bounds && llvm::all_of(bounds.asArrayRef(), [&](float bound) {
             return numerics::storageBound(bound, grid) == limit;
           });
  };
  bool lower = isImplied(op.getClampMinAttr(), grid.storage.min);
  bool upper = isImplied(op.getClampMaxAttr(), grid.storage.max);
  numImplied += lower || upper;
  if (lower)
    op.setClampMinAttr(nullptr);
  if (upper)
    op.setClampMaxAttr(nullptr);
  // A clamp without bounds is nothing.
  if (auto clamp = dyn_cast<ClampOp>(op.getOperation()))
    if (!clamp.getClampMinAttr() && !clamp.getClampMaxAttr()) {
      result.replaceAllUsesWith(clamp.getInput());
      clamp.erase();
    }
}

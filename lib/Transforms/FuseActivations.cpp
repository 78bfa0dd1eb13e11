// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-fuse-activations: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

namespace qopt {
#define GEN_PASS_DEF_FUSEACTIVATIONS
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// The op whose result `clamp` may clamp instead, or null.
ClampedOpInterface getFusibleProducer(ClampOp clamp) {
  auto producer = clamp.getInput().getDefiningOp<ClampedOpInterface>();
  if (!producer || !clamp.getInput().hasOneUse())
    return {};
  // An integer accumulator that becomes f32 directly has no clamp (C9).
  bool leavesIntegers =
      !isQuantized(clamp.getInput()) &&
      llvm::any_of(producer->getOperands(), [](Value v) { return isQuantized(v); });
  return leavesIntegers ? ClampedOpInterface() : producer;
}

struct FuseActivationsPass : public qopt::impl::FuseActivationsBase<FuseActivationsPass> {
  using FuseActivationsBase::FuseActivationsBase;

  void runOnOperation() override {
    SmallVector<ClampOp> clamps(getOperation().getOps<ClampOp>());
    for (ClampOp clamp : clamps) {
      ClampedOpInterface producer = getFusibleProducer(clamp);
      if (!producer)
        continue;
      auto bounds = cast<ClampedOpInterface>(clamp.getOperation());
      setClampBounds(producer, getClampBounds(producer).followedBy(getClampBounds(bounds)));
      clamp.replaceAllUsesWith(clamp.getInput());
      clamp.erase();
      ++numFused;
    }
  }
};

} // namespace

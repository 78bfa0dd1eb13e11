// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/Transforms/Passes.h"

#include "AccumulatorProof.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

namespace qopt {
#define GEN_PASS_DEF_PROVEACCUMULATORS
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {
struct ProveAccumulatorsPass : qopt::impl::ProveAccumulatorsBase<ProveAccumulatorsPass> {
  void runOnOperation() override {
    auto result = getOperation().walk([](Operation *op) -> WalkResult {
      if (auto accumulating = dyn_cast<AccumulatorOpInterface>(op))
        if (failed(annotate(accumulating)))
          return WalkResult::interrupt();
      return proveMultipliers(op);
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  static LogicalResult annotate(AccumulatorOpInterface op) {
    if (!isQuantized(op->getOperand(0)))
      return success();
    FailureOr<int64_t> bound = proveAccumulator(op);
    if (failed(bound))
      return failure();
    op->setAttr(kAccumulatorBoundAttr, Builder(op.getContext()).getI64IntegerAttr(*bound));
    return success();
  }
};
} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/Transforms/Passes.h"

#include "LevelChecks.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

namespace qopt {
#define GEN_PASS_DEF_VERIFYFLOAT
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

static LogicalResult checkOp(Operation *op) {
  if (isa<FakeQuantOp>(op))
    return emitLayerError(op) << "rounds, which belongs on the simulated level";
  if (auto layer = dyn_cast<WeightedOpInterface>(op))
    if (!getConstant(layer.getWeightsValue()))
      return emitLayerError(op) << "its weights are not constant";
  return success();
}

namespace {
struct VerifyFloatPass : qopt::impl::VerifyFloatBase<VerifyFloatPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isDeclaration() && failed(check(function)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  static LogicalResult check(func::FuncOp function) {
    if (failed(checkBody(function)) || failed(checkFloatValues(function)))
      return failure();
    for (Operation &op : function.getOps())
      if (failed(checkOp(&op)))
        return failure();
    return success();
  }
};
} // namespace

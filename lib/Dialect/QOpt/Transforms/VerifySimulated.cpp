// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/Transforms/Passes.h"

#include "LevelChecks.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

namespace qopt {
#define GEN_PASS_DEF_VERIFYSIMULATED
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

/// True where `value` is rounded, if need be with moves of bytes in between.
static bool isOnGrid(Value value) {
  Operation *producer = value.getDefiningOp();
  if (!producer)
    return false;
  if (isa<FakeQuantOp>(producer))
    return true;
  return getQuantizationRule(producer) == QuantizationRule::SameType &&
         llvm::all_of(producer->getOperands(), isOnGrid);
}

static bool isFusedOperand(Operation *op, Value operand) {
  auto add = dyn_cast<AddOp>(op);
  return add && findResidualConv(add) && operand == findResidualConv(add).getOutput();
}

static LogicalResult checkWeights(Operation *op) {
  auto layer = dyn_cast<WeightedOpInterface>(op);
  if (!layer)
    return success();
  if (!layer.getWeightsValue().getDefiningOp<FakeQuantOp>())
    return emitLayerError(op) << "its weights are on no grid; put a qopt.fake_quant on them";
  if (!getConstant(layer.getWeightsValue()))
    return emitLayerError(op) << "its weights are not constant";
  return success();
}

static LogicalResult checkLayer(Operation *op, QuantizationRule rule) {
  if (rule == QuantizationRule::FloatOnly)
    return emitLayerError(op) << "exists on the float level only; fold it with "
                                 "qopt-fold-batch-norm before observers are inserted";
  if (rule == QuantizationRule::SameType) // float before the first rounding and in logits
    return success();
  LogicalResult result = success();
  forEachActivation(op, [&](OpOperand &operand) {
    if (succeeded(result) && !isOnGrid(operand.get()) && !isFusedOperand(op, operand.get()))
      result = emitLayerError(op) << "operand " << operand.getOperandNumber()
                                  << " is on no grid; put a qopt.fake_quant on it";
  });
  return success(succeeded(result) && succeeded(checkWeights(op)));
}

namespace {
struct VerifySimulatedPass : qopt::impl::VerifySimulatedBase<VerifySimulatedPass> {
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
    for (Operation &op : function.getOps()) {
      if (auto observer = dyn_cast<ObserveOp>(op))
        return observer.emitError()
               << "observer '" << observer.getName() << "' is left; run qopt-nudge-ranges first";
      std::optional<QuantizationRule> rule = getQuantizationRule(&op);
      if (rule && failed(checkLayer(&op, *rule)))
        return failure();
    }
    return success();
  }
};
} // namespace

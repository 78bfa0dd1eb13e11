// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Analysis/QuantizationSites.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace mlir;
using namespace qopt;

std::optional<QuantizationRule> qopt::getQuantizationRule(Operation *op) {
  auto layer = dyn_cast<QuantizationRuleOpInterface>(op);
  return layer ? std::optional(layer.getQuantizationRule()) : std::nullopt;
}

InFlightDiagnostic qopt::emitLayerError(Operation *op) {
  return op->emitError() << "layer '" << getLayerName(op) << "' (" << op->getName() << "): ";
}

InFlightDiagnostic qopt::emitLayerRemark(Operation *op) {
  return op->emitRemark() << "layer '" << getLayerName(op) << "' (" << op->getName() << "): ";
}

void qopt::forEachActivation(Operation *layer, llvm::function_ref<void(OpOperand &)> callback) {
  if (auto weighted = dyn_cast<WeightedOpInterface>(layer)) {
    callback(weighted.getActivationOperand());
    if (auto conv = dyn_cast<Conv2DOp>(layer); conv && conv.getResidual())
      callback(conv.getResidualMutable()[0]);
    return;
  }
  if (isa<LookupOp, BatchNormOp>(layer))
    return callback(layer->getOpOperand(0));
  for (OpOperand &operand : layer->getOpOperands())
    callback(operand);
}

//===----------------------------------------------------------------------===//
// Residual fusion
//===----------------------------------------------------------------------===//

static bool isUnclamped(ClampedOpInterface op) {
  return !op.getClampMinAttr() && !op.getClampMaxAttr();
}

static Conv2DOp getFusableConv(AddOp add, Value operand) {
  auto conv = operand.getDefiningOp<Conv2DOp>();
  if (!conv || conv.getResidual() || !operand.hasOneUse() || !isUnclamped(conv) ||
      isQuantized(operand))
    return nullptr;
  // A broadcast sum is no residual: every element needs one of its own.
  ArrayRef<int64_t> shape = add.getOutput().getType().getShape();
  for (Value each : add->getOperands())
    if (cast<RankedTensorType>(each.getType()).getShape() != shape)
      return nullptr;
  return conv->getBlock() == add->getBlock() ? conv : nullptr;
}

Conv2DOp qopt::findResidualConv(AddOp add) {
  Conv2DOp lhs = getFusableConv(add, add.getLhs());
  Conv2DOp rhs = getFusableConv(add, add.getRhs());
  if (lhs && rhs)
    return lhs->isBeforeInBlock(rhs) ? rhs : lhs;
  Conv2DOp conv = lhs ? lhs : rhs;
  // A parameter is no activation: the add keeps it as an operand on a grid of its own.
  if (conv && getConstant(getResidualOperand(add, conv)))
    return nullptr;
  return conv;
}

Value qopt::getResidualOperand(AddOp add, Conv2DOp conv) {
  return add.getLhs() == conv.getOutput() ? add.getRhs() : add.getLhs();
}

bool qopt::isFusedIntoResidualAdd(Operation *op) {
  auto conv = dyn_cast<Conv2DOp>(op);
  if (!conv || !conv->hasOneUse())
    return false;
  auto add = dyn_cast<AddOp>(*conv->user_begin());
  return add && findResidualConv(add) == conv;
}

//===----------------------------------------------------------------------===//
// Float logits
//===----------------------------------------------------------------------===//

static bool reachesOnlyResults(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (isa<func::ReturnOp>(user))
      return true;
    return isa<ReshapeOp, TransposeOp>(user) && reachesOnlyResults(user->getResult(0));
  });
}

bool qopt::isFloatLogits(Operation *op) {
  if (!isa<WeightedOpInterface>(op) || !isUnclamped(cast<ClampedOpInterface>(op)))
    return false;
  if (auto conv = dyn_cast<Conv2DOp>(op); conv && conv.getResidual())
    return false;
  return !op->use_empty() && reachesOnlyResults(op->getResult(0));
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ops are computed along with their only user: a convolution with the batch normalization,
// addition or clamp that follows it. Nothing that is tapped is absorbed.
#include "Lowering.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::onednn;

//===----------------------------------------------------------------------===//
// What has a primitive
//===----------------------------------------------------------------------===//

bool Lowering::canEmitConv(Operation *op) {
  if (!isa<Conv2DOp, DepthwiseConv2DOp>(op))
    return false;
  auto conv = dyn_cast<Conv2DOp>(op);
  auto weighted = cast<WeightedOpInterface>(op);
  Value bias = weighted.getBiasValue();
  return !(conv && conv.getResidual()) && constants.contains(weighted.getWeightsValue()) &&
         (!bias || constants.contains(bias));
}

bool Lowering::canEmitMatmul(MatmulOp op) {
  return constants.contains(op.getWeights()) && (!op.getBias() || constants.contains(op.getBias()));
}

bool Lowering::canEmitAdd(AddOp op) {
  Type type = op.getOutput().getType();
  return op.getLhs().getType() == type && op.getRhs().getType() == type;
}

bool Lowering::isConstantNorm(BatchNormOp op) {
  return llvm::all_of(op->getOperands().drop_front(),
                      [&](Value parameter) { return constants.contains(parameter); });
}

//===----------------------------------------------------------------------===//
// Absorption
//===----------------------------------------------------------------------===//

static bool isUnclamped(Operation *op) {
  return getClampBounds(cast<ClampedOpInterface>(op)).isIdentity();
}

/// A convolution, or a batch normalization that has absorbed one.
bool Lowering::isConvProducer(Operation *op) {
  if (auto norm = dyn_cast_or_null<BatchNormOp>(op)) {
    Operation *conv = norm.getInput().getDefiningOp();
    return conv && getAbsorber(conv) == op;
  }
  return op && canEmitConv(op);
}

/// The convolution that writes the sum of `add` over its other operand: the later one of two, so
/// that the other operand exists by then. Null where there is none.
Operation *Lowering::getProducerFusedInto(AddOp add) {
  if (!canEmitAdd(add) || add.getLhs() == add.getRhs())
    return nullptr;
  auto getCandidate = [&](Value operand, Value other) -> Operation * {
    Operation *op = operand.getDefiningOp();
    bool fits = isConvProducer(op) && operand.hasOneUse() && !isTapped(op) &&
                !constants.contains(other) && (isa<BatchNormOp>(op) || isUnclamped(op));
    return fits ? op : nullptr;
  };
  Operation *lhs = getCandidate(add.getLhs(), add.getRhs());
  Operation *rhs = getCandidate(add.getRhs(), add.getLhs());
  if (lhs && rhs)
    return lhs->isBeforeInBlock(rhs) ? rhs : lhs;
  return lhs ? lhs : rhs;
}

/// The only user of `op` that computes it along with itself; null where `op` computes itself.
Operation *Lowering::getAbsorber(Operation *op) {
  if (isTapped(op) || op->getNumResults() != 1 || !op->hasOneUse())
    return nullptr;
  Operation *user = *op->user_begin();
  if (auto norm = dyn_cast<BatchNormOp>(user))
    return norm.getInput() == op->getResult(0) && isConstantNorm(norm) && canEmitConv(op) &&
                   isUnclamped(op)
               ? user
               : nullptr;
  if (auto add = dyn_cast<AddOp>(user))
    return getProducerFusedInto(add) == op ? user : nullptr;
  if (!isa<ClampOp>(user))
    return nullptr;
  if (auto add = dyn_cast<AddOp>(op))
    return canEmitAdd(add) ? user : nullptr;
  if (auto matmul = dyn_cast<MatmulOp>(op))
    return canEmitMatmul(matmul) ? user : nullptr;
  return isConvProducer(op) ? user : nullptr;
}

/// Where `user` reads its operands: an absorbed op does so when its absorber is emitted.
Operation *Lowering::getEffectiveUser(Operation *user) {
  while (Operation *absorber = getAbsorber(user))
    user = absorber;
  return user;
}

/// True where nobody needs `residual` once `add` is computed, nor its buffer under another name;
/// `input` is what the convolution reads.
bool Lowering::mayOverwrite(Value residual, AddOp add, Value input) {
  Operation *producer = residual.getDefiningOp();
  if (!producer || isa<ObserveOp, ReshapeOp>(producer) || input == residual)
    return false;
  Operation *sum = getEffectiveUser(add);
  return llvm::all_of(residual.getUsers(), [&](Operation *user) {
    Operation *effective = getEffectiveUser(user);
    return !isa<ObserveOp, ReshapeOp>(user) &&
           (effective == sum || effective->isBeforeInBlock(sum));
  });
}

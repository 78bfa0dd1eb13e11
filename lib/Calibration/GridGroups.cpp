// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GridGroups.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Calibration/ParameterGrids.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/PixelInput.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

FailureOr<GridGroups> GridGroups::compute(func::FuncOp function) {
  GridGroups result;
  // Classes first: a range belongs to the leader, which changes while classes unite.
  for (Operation &op : function.getOps()) {
    if (isa<ObserveOp>(op))
      result.classes.unionSets(op.getOperand(0), op.getResult(0));
    if (getQuantizationRule(&op) == QuantizationRule::SameType)
      for (Value operand : op.getOperands())
        if (!getConstant(operand)) // one constant may serve unrelated groups
          result.classes.unionSets(op.getResult(0), operand);
  }
  for (ObserveOp op : function.getOps<ObserveOp>())
    if (failed(result.addObserver(op)))
      return failure();
  // Constants and pads widen a group that is observed, and make none on their own: a reshape of
  // float logits stays float.
  for (Operation &op : function.getOps())
    if (failed(result.widenByContents(&op)))
      return failure();
  return result;
}

static bool isPixels(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto function =
      argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  return function && getPixelInput(function, argument.getArgNumber());
}

/// The range of pixels is known, whatever the examples are like.
static std::optional<ArrayRef<float>> getObservedRange(ObserveOp op) {
  static constexpr float pixels[] = {0.0f, 255.0f};
  return isPixels(op.getInput()) ? ArrayRef(pixels) : op.getRange();
}

LogicalResult GridGroups::addObserver(ObserveOp op) {
  std::optional<ArrayRef<float>> range = getObservedRange(op);
  if (!range)
    return op.emitError() << "observer '" << op.getName()
                          << "' has no range; run qopt-run-calibration first";
  Value leader = classes.getLeaderValue(op.getInput());
  Group &group = groups.try_emplace(leader, Group{{(*range)[0], (*range)[1]}, op.getInput(), {}})
                     .first->second;
  group.isPixels |= isPixels(op.getInput());
  group.range.lo = std::min<double>(group.range.lo, (*range)[0]);
  group.range.hi = std::max<double>(group.range.hi, (*range)[1]);
  return success();
}

void GridGroups::widen(Value value, numerics::Range range) {
  auto leader = classes.findLeader(value);
  if (leader == classes.member_end())
    return;
  auto group = groups.find(*leader);
  if (group == groups.end())
    return;
  group->second.range.lo = std::min(group->second.range.lo, range.lo);
  group->second.range.hi = std::max(group->second.range.hi, range.hi);
}

LogicalResult GridGroups::widenByContents(Operation *op) {
  std::optional<QuantizationRule> rule = getQuantizationRule(op);
  if (rule == QuantizationRule::FixedResult) // probabilities
    widen(op->getResult(0), {0.0, 1.0});
  if (rule != QuantizationRule::SameType)
    return success();
  if (auto pad = dyn_cast<PadOp>(op); pad && pad.getValue().isFinite()) {
    double value = pad.getValue().convertToFloat();
    widen(op->getResult(0), {value, value});
  }
  for (Value operand : op->getOperands()) {
    ConstantOp constant = getConstant(operand);
    if (!constant)
      continue;
    FailureOr<numerics::Range> range = getParameterRange(op, constant);
    if (failed(range))
      return failure();
    widen(op->getResult(0), *range);
  }
  return success();
}

/// Tells where sharing costs two bits or more.
void GridGroups::explainSharing(func::FuncOp function) const {
  for (ObserveOp op : function.getOps<ObserveOp>()) {
    const numerics::Range &shared = groups.find(*classes.findLeader(op.getInput()))->second.range;
    ArrayRef<float> own = *op.getRange();
    double ownSpan = std::max(own[1], 0.0f) - std::min(own[0], 0.0f);
    double sharedSpan = std::max(shared.hi, 0.0) - std::min(shared.lo, 0.0);
    if (ownSpan > 0 && ownSpan * 4 <= sharedSpan)
      op.emitRemark() << "'" << op.getName() << "' has the range [" << own[0] << ", " << own[1]
                      << "] but shares the grid of [" << shared.lo << ", " << shared.hi
                      << "] with what its bytes are moved together with, at the cost of "
                      << static_cast<int>(std::log2(sharedSpan / ownSpan)) << " of 8 bits";
  }
}

LogicalResult GridGroups::chooseGrids(numerics::Symmetry symmetry, numerics::Scales scales) {
  for (auto &[leader, group] : groups) {
    llvm::Expected<numerics::Grid> grid = numerics::gridForRange(
        group.range, numerics::signedStorage(8, /*narrow=*/false),
        group.isPixels ? numerics::Symmetry::Asymmetric : symmetry, scales);
    if (!grid)
      return emitError(group.witness.getLoc())
             << "no grid for an activation: " << llvm::toString(grid.takeError());
    group.type = getPerTensorType(leader.getContext(), grid->scale, grid->zeroPoint,
                                  grid->storage.min, grid->storage.max);
  }
  return success();
}

quant::UniformQuantizedType GridGroups::getType(Value value) const {
  auto leader = classes.findLeader(value);
  if (leader == classes.member_end())
    return nullptr;
  auto group = groups.find(*leader);
  return group == groups.end() ? nullptr : group->second.type;
}

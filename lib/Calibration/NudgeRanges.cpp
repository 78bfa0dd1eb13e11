// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Passes.h"

#include "GridGroups.h"
#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Calibration/ParameterGrids.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Quantization/Lookup.h"

namespace qopt {
#define GEN_PASS_DEF_NUDGERANGES
#include "qopt/Calibration/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct NudgeRangesPass : qopt::impl::NudgeRangesBase<NudgeRangesPass> {
  using NudgeRangesBase::NudgeRangesBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    if (failed(checkOptions()))
      return signalPassFailure();
    dropUnrounded(function);
    FailureOr<GridGroups> computed = GridGroups::compute(function);
    if (failed(computed) || failed(computed->chooseGrids(getSymmetry(), getScales())))
      return signalPassFailure();
    groups = &*computed;
    groups->explainSharing(function);
    for (Operation &op : llvm::make_early_inc_range(function.getOps()))
      if (failed(nudge(&op)))
        return signalPassFailure();
    // Observers go last: until then they tell which group a value is in.
    for (ObserveOp op : llvm::make_early_inc_range(function.getOps<ObserveOp>()))
      replace(op);
  }

private:
  LogicalResult checkOptions();
  numerics::Symmetry getSymmetry() {
    return activations == "symmetric" ? numerics::Symmetry::Symmetric
                                      : numerics::Symmetry::Asymmetric;
  }

  numerics::Scales getScales() {
    return powerOfTwo ? numerics::Scales::PowersOfTwo : numerics::Scales::Any;
  }

  WeightsGridOptions getWeightsOptions() {
    return {weights == "per-channel", weightRanges == "mse",
            biasBits == 16 ? numerics::kBiasLimit16 : numerics::kBiasLimit32, getScales()};
  }

  void dropUnrounded(func::FuncOp function);
  bool staysUnrounded(Operation *op);
  LogicalResult nudge(Operation *op);
  LogicalResult nudgeWeights(WeightedOpInterface layer);
  LogicalResult nudgeConstantOperands(Operation *layer);
  void nudgeFixedResult(Operation *op);
  void replace(ObserveOp op);

  GridGroups *groups = nullptr;
};

} // namespace

LogicalResult NudgeRangesPass::checkOptions() {
  if (weights != "per-channel" && weights != "per-tensor")
    return emitError(getOperation().getLoc())
           << "unknown weights option '" << weights << "': use per-channel or per-tensor";
  if (weightRanges != "max" && weightRanges != "mse")
    return emitError(getOperation().getLoc())
           << "unknown weight-ranges option '" << weightRanges << "': use max or mse";
  if (logits != "float" && logits != "quantized")
    return emitError(getOperation().getLoc())
           << "unknown logits option '" << logits << "': use float or quantized";
  if (activations != "asymmetric" && activations != "symmetric")
    return emitError(getOperation().getLoc())
           << "unknown activations option '" << activations << "': use asymmetric or symmetric";
  if (biasBits != 16 && biasBits != 32)
    return emitError(getOperation().getLoc())
           << "biases have 16 or 32 bits, not " << biasBits.getValue();
  return success();
}

bool NudgeRangesPass::staysUnrounded(Operation *op) {
  return (logits == "float" && isFloatLogits(op)) || (fuseResiduals && isFusedIntoResidualAdd(op));
}

/// Removes the observers of values that nothing rounds. From the last up: where two convolutions
/// meet in an addition the later one is fused, and the earlier one then keeps its observer.
void NudgeRangesPass::dropUnrounded(func::FuncOp function) {
  auto observers = llvm::to_vector(function.getOps<ObserveOp>());
  for (ObserveOp op : llvm::reverse(observers)) {
    Value value = op.getInput();
    if (!value.getDefiningOp() || !value.hasOneUse())
      continue;
    // The question is how things stand without the observer: take it out, and back in.
    op->getOpOperand(0).drop();
    op.getOutput().replaceAllUsesWith(value);
    if (staysUnrounded(value.getDefiningOp())) {
      op.erase();
      continue;
    }
    value.replaceAllUsesWith(op.getOutput());
    op.getInputMutable().assign(value);
  }
}

LogicalResult NudgeRangesPass::nudge(Operation *op) {
  std::optional<QuantizationRule> rule = getQuantizationRule(op);
  if (!rule)
    return success();
  if (failed(nudgeConstantOperands(op)))
    return failure();
  if (auto weighted = dyn_cast<WeightedOpInterface>(op))
    return nudgeWeights(weighted);
  if (rule == QuantizationRule::FixedResult)
    nudgeFixedResult(op);
  return success();
}

static quant::UniformQuantizedType getFixedType(MLIRContext *context) {
  numerics::Grid grid = numerics::softmaxOutputGrid();
  return getPerTensorType(context, grid.scale, grid.zeroPoint, grid.storage.min, grid.storage.max);
}

static FakeQuantOp createFakeQuant(OpBuilder &builder, Location loc, Value value, Type type) {
  return FakeQuantOp::create(builder, loc, value.getType(), value, TypeAttr::get(type));
}

/// The scale that the input of `layer` will have, or none.
static std::optional<float> getInputScale(Value input, const GridGroups &groups) {
  while (true) {
    if (auto type = groups.getType(input))
      return static_cast<float>(type.getScale());
    Operation *producer = input.getDefiningOp();
    // A fake_quant that is there already: softmax's, or one written by hand.
    if (auto fakeQuant = dyn_cast_or_null<FakeQuantOp>(producer))
      return getQuantParams(fakeQuant.getType())->scale(0);
    if (!producer || getQuantizationRule(producer) != QuantizationRule::SameType)
      return std::nullopt;
    input = producer->getOperand(0);
  }
}

LogicalResult NudgeRangesPass::nudgeWeights(WeightedOpInterface layer) {
  if (layer.getWeightsValue().getDefiningOp<FakeQuantOp>())
    return success();
  std::optional<float> scale = getInputScale(layer.getActivationValue(), *groups);
  if (!scale)
    return emitLayerError(layer) << "its input is on no grid; run qopt-insert-observers first";
  auto type = getWeightsType(layer, *scale, getWeightsOptions());
  if (failed(type))
    return failure();
  OpBuilder builder(layer);
  Value value = layer.getWeightsValue();
  layer.getWeightsOperand().set(createFakeQuant(builder, value.getLoc(), value, *type));
  return success();
}

/// Parameters in the place of activations (x + constant) get a grid of their own, unless the op
/// moves bytes: then that of its group.
LogicalResult NudgeRangesPass::nudgeConstantOperands(Operation *layer) {
  LogicalResult result = success();
  OpBuilder builder(layer);
  forEachActivation(layer, [&](OpOperand &operand) {
    auto constant = operand.get().getDefiningOp<ConstantOp>();
    if (!constant || failed(result))
      return;
    quant::UniformQuantizedType type;
    if (getQuantizationRule(layer) == QuantizationRule::SameType)
      type = groups->getType(layer->getResult(0));
    if (!type) {
      auto own = getConstantType(layer, constant, getSymmetry(), getScales());
      result = failure(failed(own));
      type = own.value_or(nullptr);
    }
    if (type)
      operand.set(createFakeQuant(builder, constant.getLoc(), constant.getOutput(), type));
  });
  return result;
}

/// Softmax has its grid by formula. Where its bytes are moved together with others (concat), a
/// second rounding brings them to the grid of that group.
void NudgeRangesPass::nudgeFixedResult(Operation *op) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfter(op);
  Value result = op->getResult(0);
  quant::UniformQuantizedType fixed = getFixedType(&getContext());
  FakeQuantOp rounded = createFakeQuant(builder, op->getLoc(), result, fixed);
  result.replaceAllUsesExcept(rounded.getOutput(), rounded);
  quant::UniformQuantizedType group = groups->getType(result);
  if (!group || group == fixed)
    return;
  FakeQuantOp moved = createFakeQuant(builder, op->getLoc(), rounded.getOutput(), group);
  rounded.getOutput().replaceUsesWithIf(moved.getOutput(), [&](OpOperand &use) {
    return getQuantizationRule(use.getOwner()) == QuantizationRule::SameType;
  });
  if (moved->use_empty())
    moved.erase();
}

void NudgeRangesPass::replace(ObserveOp op) {
  OpBuilder builder(op);
  // By the output: the input may be what another observer has become.
  FakeQuantOp fakeQuant =
      createFakeQuant(builder, op.getLoc(), op.getInput(), groups->getType(op.getOutput()));
  op.getOutput().replaceAllUsesWith(fakeQuant.getOutput());
  op.erase();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "StorageRewrite.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"
#include "qopt/Dialect/QOpt/Transforms/Passes.h"
#include "qopt/Quantization/Rounding.h"

#include <limits>

using namespace mlir;
using namespace qopt;

namespace {

/// The scales that make up an accumulator's, before anything changes.
struct AccumulatorScales {
  WeightedOpInterface layer;
  float input;
  SmallVector<float> weights;
};

/// One application of a rewrite to one function.
class Applier {
public:
  Applier(func::FuncOp function, const StorageRewrite &rewrite, bool exactOnly)
      : function(function), rewrite(rewrite), exactOnly(exactOnly) {}

  LogicalResult run();

private:
  void collectScales();
  LogicalResult rewriteConstant(ConstantOp constant);
  LogicalResult rewriteOp(Operation *op);
  LogicalResult rewriteLookup(LookupOp op);
  void pinOperand(OpOperand &operand, Type original);
  void pinResult(Value result);
  LogicalResult rewriteValue(Value value);
  LogicalResult rescaleBias(const AccumulatorScales &old);
  LogicalResult explainInexact(Operation *op, StringRef what);
  Type mapType(Type type) const;

  func::FuncOp function;
  const StorageRewrite &rewrite;
  bool exactOnly;
  SmallVector<AccumulatorScales> accumulators;
  llvm::DenseMap<Operation *, Type> lookupInputs; ///< the types that tables are indexed by
};

} // namespace

static bool isSameGrid(const QuantParams &a, const QuantParams &b) {
  return a.scales == b.scales && a.zeroPoints == b.zeroPoints && a.storageMin == b.storageMin &&
         a.storageMax == b.storageMax && a.isSigned == b.isSigned && a.axis == b.axis;
}

/// The same real numbers, stored as other integers.
static bool isShift(const QuantParams &a, const QuantParams &b) {
  return a.scales == b.scales && a.axis < 0 && b.axis < 0 &&
         a.storageMin - a.zeroPoint(0) == b.storageMin - b.zeroPoint(0) &&
         a.storageMax - a.zeroPoint(0) == b.storageMax - b.zeroPoint(0);
}

LogicalResult Applier::explainInexact(Operation *op, StringRef what) {
  if (exactOnly)
    return emitLayerError(op) << what << " cannot be rewritten exactly; allow it with exact=false";
  emitLayerRemark(op) << what << " rewritten to a grid that is not exactly the old one";
  return success();
}

Type Applier::mapType(Type type) const {
  std::optional<QuantParams> old = getQuantParams(type);
  if (!old || old->axis >= 0)
    return type;
  QuantParams params = rewrite.mapActivation(*old);
  if (isSameGrid(*old, params))
    return type;
  return cast<RankedTensorType>(type).clone(getQuantType(type.getContext(), params));
}

//===----------------------------------------------------------------------===//
// Constants and biases
//===----------------------------------------------------------------------===//

void Applier::collectScales() {
  function.walk([&](WeightedOpInterface layer) {
    auto input = getQuantParams(layer.getActivationValue().getType());
    auto weights = getQuantParams(layer.getWeightsValue().getType());
    if (input && weights)
      accumulators.push_back({layer, input->scale(0), weights->scales});
  });
}

/// True where the constant is somebody's weights, false where it stands for an activation.
static bool isWeights(ConstantOp constant) {
  return llvm::any_of(constant->getUsers(), [&](Operation *user) {
    auto layer = dyn_cast<WeightedOpInterface>(user);
    return layer && layer.getWeightsValue() == constant.getOutput();
  });
}

/// Stored values on another grid; `isExact` becomes false where a real value changes.
static SmallVector<int8_t> recode(ArrayRef<int32_t> codes, const ChannelIndex &channelOf,
                                  const QuantParams &from, const QuantParams &to, bool &isExact) {
  SmallVector<int8_t> result;
  for (auto [index, code] : llvm::enumerate(codes)) {
    int64_t channel = from.axis < 0 ? 0 : channelOf(index);
    int64_t centred = int64_t{code} - from.zeroPoint(channel);
    double ratio = static_cast<double>(from.scale(channel)) / to.scale(channel);
    double moved = numerics::roundToNearestEven(centred * ratio);
    int32_t stored =
        getGrid(to, channel).storage.clamp(static_cast<int64_t>(moved) + to.zeroPoint(channel));
    isExact &= ratio == 1.0 && stored - to.zeroPoint(channel) == centred;
    result.push_back(static_cast<int8_t>(stored)); // unsigned codes keep their bits
  }
  return result;
}

LogicalResult Applier::rewriteConstant(ConstantOp constant) {
  std::optional<QuantParams> old = getQuantParams(constant.getOutput().getType());
  if (!old)
    return success();
  std::optional<SmallVector<int32_t>> codes = getCodes(constant);
  if (!codes)
    return constant.emitError("holds no stored values");
  auto shape = cast<RankedTensorType>(constant.getOutput().getType()).getShape();
  ChannelIndex channelOf = old->axis < 0 ? ChannelIndex({1}, 0) : ChannelIndex(shape, old->axis);
  QuantParams params = isWeights(constant) ? rewrite.mapWeights(*old, *codes, channelOf)
                                           : rewrite.mapActivation(*old);
  if (isSameGrid(*old, params))
    return success();
  bool isExact = true;
  SmallVector<int8_t> bytes = recode(*codes, channelOf, *old, params, isExact);
  Operation *user = constant->use_empty() ? constant.getOperation() : *constant->user_begin();
  if (!isExact && failed(explainInexact(user, "its constants")))
    return failure();
  OpBuilder builder(constant);
  ConstantOp made = createCodeConstant(builder, constant.getLoc(), constant.getResourceName(),
                                       shape, getQuantType(constant.getContext(), params), bytes);
  constant.getOutput().replaceAllUsesWith(made.getOutput());
  constant.erase();
  return success();
}

/// The bias keeps its real value where the accumulator's scale has changed.
LogicalResult Applier::rescaleBias(const AccumulatorScales &old) {
  WeightedOpInterface layer = old.layer;
  ConstantOp bias = layer.getBiasValue() ? getConstant(layer.getBiasValue()) : ConstantOp();
  std::optional<SmallVector<int32_t>> values =
      bias ? getInt32s(bias) : std::optional<SmallVector<int32_t>>();
  if (!values)
    return success();
  float input = getQuantParams(layer.getActivationValue().getType())->scale(0);
  QuantParams weights = *getQuantParams(layer.getWeightsValue().getType());
  if (input == old.input && weights.scales == old.weights)
    return success();
  for (auto [channel, value] : llvm::enumerate(*values)) {
    double before =
        static_cast<double>(old.input) * old.weights[old.weights.size() == 1 ? 0 : channel];
    double after = static_cast<double>(input) * weights.scale(channel);
    double moved = numerics::roundToNearestEven(value * before / after);
    if (!(std::abs(moved) <= std::numeric_limits<int32_t>::max()))
      return emitLayerError(layer)
             << "channel " << channel << ": the bias does not fit 32 bits on the new grid";
    value = static_cast<int32_t>(moved);
  }
  OpBuilder builder(layer);
  auto shape = cast<RankedTensorType>(bias.getOutput().getType()).getShape();
  StringRef name = bias.getResourceName().empty() ? "bias" : bias.getResourceName();
  layer.setBiasValue(createInt32Constant(builder, bias.getLoc(), name, shape, *values).getOutput());
  if (bias->use_empty())
    bias.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// Saturation was part of the meaning: where the new grid reaches further, a clamp takes over, in
/// the op that gives `value` or after it.
static void keepSaturation(Value value, const QuantParams &from, const QuantParams &to) {
  numerics::Range range = numerics::representableRange(getGrid(from));
  numerics::Grid grid = getGrid(to);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  bool lower = numerics::storageBound(range.lo, grid) > grid.storage.min;
  bool upper = numerics::storageBound(range.hi, grid) < grid.storage.max;
  if (!lower && !upper)
    return;
  ClampBounds bounds;
  bounds.min = {lower ? static_cast<float>(range.lo) : -kInfinity};
  bounds.max = {upper ? static_cast<float>(range.hi) : kInfinity};
  auto clamped = value.getDefiningOp<ClampedOpInterface>();
  if (!clamped) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    auto clamp = ClampOp::create(builder, value.getLoc(), value.getType(), value,
                                 DenseF32ArrayAttr(), DenseF32ArrayAttr());
    value.replaceAllUsesExcept(clamp.getOutput(), clamp);
    clamped = clamp;
  }
  setClampBounds(clamped, getClampBounds(clamped).followedBy(bounds));
}

LogicalResult Applier::rewriteValue(Value value) {
  Type type = mapType(value.getType());
  if (type == value.getType())
    return success();
  QuantParams from = *getQuantParams(value.getType()), to = *getQuantParams(type);
  value.setType(type);
  Operation *op = value.getDefiningOp() ? value.getDefiningOp() : function.getOperation();
  // What only moves bytes follows its producer, which saturates and has been reported.
  if (isShift(from, to) || getQuantizationRule(op) == QuantizationRule::SameType)
    return success();
  keepSaturation(value, from, to);
  return explainInexact(op, "its result");
}

/// Brings an operand back to the type that the op's table was made for.
void Applier::pinOperand(OpOperand &operand, Type original) {
  if (operand.get().getType() == original)
    return;
  OpBuilder builder(operand.getOwner());
  operand.set(RequantizeOp::create(builder, operand.getOwner()->getLoc(), original, operand.get()));
}

/// Leaves a result as its op gives it, and moves it to the new grid for its readers.
void Applier::pinResult(Value result) {
  Type type = mapType(result.getType());
  if (type == result.getType())
    return;
  OpBuilder builder(function.getContext());
  builder.setInsertionPointAfterValue(result);
  auto moved = RequantizeOp::create(builder, result.getLoc(), type, result);
  result.replaceAllUsesExcept(moved.getOutput(), moved);
}

/// How much stored values move. A table is indexed from the least value of the storage type, so its
/// order stays where values move together with that.
static int32_t getOffset(const QuantParams &from, const QuantParams &to) {
  return to.zeroPoint(0) - from.zeroPoint(0);
}
static bool keepsTableOrder(const QuantParams &from, const QuantParams &to) {
  auto getLeast = [](const QuantParams &params) {
    return params.isSigned ? -(1 << (params.storageBits - 1)) : 0;
  };
  return isShift(from, to) && getOffset(from, to) == getLeast(to) - getLeast(from);
}

/// A table knows neither its function nor other grids: only a flip of the top bit reaches it.
LogicalResult Applier::rewriteLookup(LookupOp op) {
  Type original = lookupInputs.lookup(op);
  QuantParams input = *getQuantParams(original);
  if (!keepsTableOrder(input, *getQuantParams(op.getInput().getType())))
    pinOperand(op.getInputMutable(), original);
  QuantParams from = *getQuantParams(op.getOutput().getType());
  Type type = mapType(op.getOutput().getType());
  QuantParams to = *getQuantParams(type);
  if (!isShift(from, to)) {
    pinResult(op.getOutput());
    return success();
  }
  ConstantOp table = getConstant(op.getTable());
  std::optional<SmallVector<int32_t>> codes = table ? getCodes(table) : std::nullopt;
  if (!codes)
    return emitLayerError(op) << "its table is not constant";
  op.getOutput().setType(cast<RankedTensorType>(type));
  if (getOffset(from, to) == 0)
    return success();
  SmallVector<int8_t> bytes;
  for (int32_t code : *codes)
    bytes.push_back(static_cast<int8_t>(code + getOffset(from, to)));
  OpBuilder builder(op);
  ConstantOp made = createCodeConstant(builder, table.getLoc(), table.getResourceName(), {256},
                                       builder.getI8Type(), bytes);
  op.getTableMutable().assign(made.getOutput());
  if (table->use_empty())
    table.erase();
  return success();
}

LogicalResult Applier::rewriteOp(Operation *op) {
  if (auto lookup = dyn_cast<LookupOp>(op))
    return rewriteLookup(lookup);
  bool isFixed = getQuantizationRule(op) == QuantizationRule::FixedResult;
  for (Value result : op->getResults()) {
    std::optional<QuantParams> params = getQuantParams(result.getType());
    if (isFixed && params && !isShift(*params, *getQuantParams(mapType(result.getType()))))
      pinResult(result); // the formula gives no other grid
    else if (failed(rewriteValue(result)))
      return failure();
  }
  op->removeAttr(kAccumulatorBoundAttr); // proven for other storage
  return success();
}

LogicalResult Applier::run() {
  collectScales();
  function.walk([&](LookupOp op) { lookupInputs[op] = op.getInput().getType(); });
  SmallVector<Operation *> ops;
  for (Operation &op : function.getOps())
    ops.push_back(&op);
  for (BlockArgument argument : function.getArguments())
    if (failed(rewriteValue(argument)))
      return failure();
  for (Operation *op : ops) {
    auto constant = dyn_cast<ConstantOp>(op);
    if (failed(constant ? rewriteConstant(constant) : rewriteOp(op)))
      return failure();
  }
  for (const AccumulatorScales &scales : accumulators)
    if (failed(rescaleBias(scales)))
      return failure();
  Operation *terminator = function.getBody().front().getTerminator();
  function.setType(FunctionType::get(function.getContext(), function.getBody().getArgumentTypes(),
                                     terminator->getOperandTypes()));
  return success();
}

LogicalResult qopt::applyStorageRewrite(func::FuncOp function, const StorageRewrite &rewrite,
                                        bool exactOnly) {
  return Applier(function, rewrite, exactOnly).run();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-fold-batch-norm: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "qopt/Dialect/QOpt/IR/ChannelIndex.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Transforms/ParameterUtils.h"

#include <cmath>

namespace qopt {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// y = (x - center) * factor + offset, per channel. The center stays apart so that a bias equal to
/// it cancels exactly, however large the factor.
struct ChannelAffine {
  SmallVector<double> center, factor, offset;

  explicit ChannelAffine(int64_t channels)
      : center(channels, 0.0), factor(channels, 1.0), offset(channels, 0.0) {}
  double apply(double value, int64_t c) const {
    return factor[c] == 0.0 ? offset[c] : (value - center[c]) * factor[c] + offset[c];
  }
};

int64_t getChannels(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().back();
}

//===----------------------------------------------------------------------===//
// Reading affine maps
//===----------------------------------------------------------------------===//

/// None where a parameter is not constant; failure, with an error, where a channel has no scale.
FailureOr<std::optional<ChannelAffine>> getAffine(BatchNormOp op) {
  auto scale = getParameter(op.getScale()), offset = getParameter(op.getOffset());
  auto mean = getParameter(op.getMean()), variance = getParameter(op.getVariance());
  if (!scale || !offset || !mean || !variance)
    return std::optional<ChannelAffine>();
  ChannelAffine affine(scale->size());
  double epsilon = op.getEpsilon().convertToFloat();
  for (size_t c = 0; c < scale->size(); ++c) {
    double spread = double((*variance)[c]) + epsilon;
    if ((*scale)[c] != 0.0f && !(spread > 0))
      return op.emitError("cannot fold '")
             << getLayerName(op) << "': variance + epsilon of channel " << c << " is " << spread
             << ", which has no square root to divide by; run qopt-zero-dead-channels first";
    affine.center[c] = (*mean)[c];
    affine.factor[c] = (*scale)[c] == 0.0f ? 0.0 : (*scale)[c] / std::sqrt(spread);
    affine.offset[c] = (*offset)[c];
  }
  return std::optional<ChannelAffine>(affine);
}

/// The elements of a constant that is one number, or one per channel, of `shaped`.
std::optional<Floats> getPerChannel(Value constant, Value shaped) {
  auto type = cast<RankedTensorType>(constant.getType());
  int64_t channels = getChannels(shaped);
  bool perChannel = type.getNumElements() == 1 ||
                    (type.getNumElements() == channels && type.getShape().back() == channels);
  std::optional<Floats> values = perChannel ? getParameter(constant) : std::nullopt;
  if (values && values->size() == 1)
    values->assign(channels, values->front());
  return values;
}

/// `op` as an affine map of `input`, `constant` being its other operand.
std::optional<ChannelAffine> getArithmetic(Operation *op, Value input, Value constant) {
  auto type = cast<RankedTensorType>(input.getType());
  if (op->getResult(0).getType() != type || type.getRank() == 0 || getChannels(input) == 0)
    return std::nullopt;
  std::optional<Floats> values = getPerChannel(constant, input);
  if (!values)
    return std::nullopt;
  ChannelAffine affine(values->size());
  for (auto [c, value] : llvm::enumerate(*values)) {
    if (isa<MulOp>(op))
      affine.factor[c] = value;
    else
      affine.offset[c] = isa<AddOp>(op) ? value : -value;
  }
  return affine;
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

/// The layer that makes `value` for one reader only, unclamped, without residual.
WeightedOpInterface getFoldableLayer(Value value) {
  auto layer = value.getDefiningOp<WeightedOpInterface>();
  if (!layer || !value.hasOneUse())
    return {};
  auto clamped = cast<ClampedOpInterface>(layer.getOperation());
  auto conv = dyn_cast<Conv2DOp>(layer.getOperation());
  if (clamped.getClampMinAttr() || clamped.getClampMaxAttr() || (conv && conv.getResidual()))
    return {};
  return layer;
}

bool foldIntoLayer(WeightedOpInterface layer, const ChannelAffine &affine) {
  std::optional<LayerParameters> parameters = getLayerParameters(layer);
  if (!parameters)
    return false;
  auto type = cast<RankedTensorType>(layer.getWeightsValue().getType());
  ChannelIndex channelOf(type.getShape(), layer.getOutputChannelAxis());
  Floats &weights = parameters->weights;
  channelOf.forEach(weights.size(), [&](int64_t index, int64_t channel) {
    double factor = affine.factor[channel];
    weights[index] = factor == 0.0 ? 0.0f : static_cast<float>(weights[index] * factor);
  });
  for (auto [c, bias] : llvm::enumerate(parameters->bias))
    bias = static_cast<float>(affine.apply(bias, c));
  OpBuilder builder(layer);
  setLayerParameters(builder, layer, type.getShape(), *parameters);
  return true;
}

/// `affine` of `input` as a depthwise 1x1 convolution, between reshapes unless the rank is 4.
Value createDepthwise(OpBuilder &builder, Operation *op, Value input, const ChannelAffine &affine) {
  Location loc = op->getLoc();
  auto type = cast<RankedTensorType>(input.getType());
  int64_t channels = getChannels(input);
  Floats weights, bias;
  for (int64_t c = 0; c < channels; ++c) {
    weights.push_back(static_cast<float>(affine.factor[c]));
    bias.push_back(static_cast<float>(affine.apply(0.0, c)));
  }
  std::string name = getLayerName(op).str();
  Value w = createFloatConstant(builder, loc, name + "_weights", {1, 1, channels}, weights);
  Value b = createFloatConstant(builder, loc, name + "_bias", channels, bias);
  auto imageType = type;
  if (type.getRank() != 4) {
    imageType = type.clone({type.getNumElements() / channels, 1, 1, channels});
    input = ReshapeOp::create(builder, loc, imageType, input);
  }
  OperationState state(loc, DepthwiseConv2DOp::getOperationName());
  state.addOperands({input, w, b});
  state.addTypes(imageType);
  Operation *conv = builder.create(state);
  copyLayerName(op, conv);
  Value result = conv->getResult(0);
  return imageType == type ? result : ReshapeOp::create(builder, loc, type, result).getResult();
}

struct FoldBatchNormPass : public qopt::impl::FoldBatchNormBase<FoldBatchNormPass> {
  using FoldBatchNormBase::FoldBatchNormBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<BatchNormOp, AddOp, SubOp, MulOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      auto batchNorm = dyn_cast<BatchNormOp>(op);
      if (batchNorm && failed(foldBatchNorm(batchNorm)))
        return signalPassFailure();
      if (!batchNorm)
        foldArithmetic(op);
    }
  }

  void replace(Operation *op, Value value) {
    op->replaceAllUsesWith(ValueRange(value));
    eraseWithParameters(op);
  }

  LogicalResult foldBatchNorm(BatchNormOp op) {
    FailureOr<std::optional<ChannelAffine>> affine = getAffine(op);
    if (failed(affine))
      return failure();
    if (!*affine)
      return success();
    WeightedOpInterface layer = getFoldableLayer(op.getInput());
    if (layer && foldIntoLayer(layer, **affine)) {
      replace(op, op.getInput());
      ++numFolded;
      return success();
    }
    OpBuilder builder(op);
    replace(op, createDepthwise(builder, op, op.getInput(), **affine));
    ++numConverted;
    return success();
  }

  void foldArithmetic(Operation *op) {
    Value lhs = op->getOperand(0), rhs = op->getOperand(1);
    bool folded = foldArithmetic(op, lhs, rhs) || (!isa<SubOp>(op) && foldArithmetic(op, rhs, lhs));
    numFolded += folded;
  }

  bool foldArithmetic(Operation *op, Value input, Value constant) {
    WeightedOpInterface layer = getFoldableLayer(input);
    auto affine = layer ? getArithmetic(op, input, constant) : std::nullopt;
    if (!affine || !foldIntoLayer(layer, *affine))
      return false;
    setClampBounds(cast<ClampedOpInterface>(layer.getOperation()),
                   getClampBounds(cast<ClampedOpInterface>(op)));
    replace(op, input);
    return true;
  }
};

} // namespace

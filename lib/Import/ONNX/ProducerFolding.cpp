// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ProducerFolding.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

using namespace qopt;
using namespace qopt::onnx;

Tensor qopt::onnx::alignConstant(const Tensor &tensor, size_t rank, bool channelsLast) {
  Tensor aligned = tensor;
  aligned.shape.insert(aligned.shape.begin(), rank - tensor.shape.size(), 1);
  return channelsLast ? transpose(aligned, kToChannelsLast) : aligned;
}

/// The activation behind input `index` if it is the result of a layer that only `node` reads.
static std::optional<Activation> getExclusiveLayer(Node &node, unsigned index) {
  if (!node.isOnlyReader(index))
    return std::nullopt;
  Activation activation = node.getAny(index);
  mlir::Operation *producer = activation.value.getDefiningOp();
  bool isLayer =
      llvm::isa_and_nonnull<Conv2DOp, DepthwiseConv2DOp, MatmulOp, BatchNormOp>(producer);
  return isLayer && activation.value.use_empty() ? std::optional(activation) : std::nullopt;
}

/// The constant as one number per channel of `activation`, if that is what it is.
static std::optional<std::vector<float>> getPerChannel(const Tensor &tensor,
                                                       const Activation &activation) {
  ShapeRef shape = activation.shape();
  if (tensor.shape.size() > shape.size())
    return std::nullopt;
  Tensor aligned = alignConstant(tensor, shape.size(), activation.isChannelsLast);
  bool isVector =
      llvm::all_of(ShapeRef(aligned.shape).drop_back(), [](int64_t d) { return d == 1; });
  if (!isVector || (aligned.shape.back() != 1 && aligned.shape.back() != shape.back()))
    return std::nullopt;
  aligned.shape = {aligned.shape.back()};
  return broadcast(aligned, {shape.back()}).floats;
}

/// A new constant in place of `old` (null: zeros), each element mapped by `update(index, value)`.
template <typename Function>
static mlir::Value updatedConstant(Node &node, mlir::Value old, llvm::StringRef name,
                                   size_t channels, Function update) {
  llvm::SmallVector<float> values(channels, 0.0f);
  std::string constantName = name.str();
  if (ConstantOp constant = old ? getConstant(old) : ConstantOp()) {
    values = *getFloats(constant);
    if (!constant.getResourceName().empty())
      constantName = constant.getResourceName().str();
  }
  for (size_t i = 0; i < channels; ++i)
    values[i] = update(i, values[i]);
  return node.createConstant(constantName, {static_cast<int64_t>(channels)}, values);
}

bool qopt::onnx::addToProducer(Node &node, unsigned index, const Tensor &addend) {
  std::optional<Activation> activation = getExclusiveLayer(node, index);
  if (!activation)
    return false;
  auto values = getPerChannel(addend, *activation);
  if (!values)
    return false;
  mlir::Operation *producer = activation->value.getDefiningOp();
  mlir::OpBuilder::InsertionGuard guard(node.getGraph().getBuilder());
  node.getGraph().getBuilder().setInsertionPoint(producer);
  auto add = [&](size_t i, float old) { return old + (*values)[i]; };
  if (auto batchNorm = llvm::dyn_cast<BatchNormOp>(producer)) {
    batchNorm.getOffsetMutable().assign(
        updatedConstant(node, batchNorm.getOffset(), addend.name, values->size(), add));
  } else {
    auto layer = llvm::cast<WeightedOpInterface>(producer);
    layer.setBiasValue(
        updatedConstant(node, layer.getBiasValue(), addend.name, values->size(), add));
  }
  node.setResult(*activation);
  return true;
}

static void scaleBatchNorm(Node &node, BatchNormOp batchNorm, const std::vector<float> &values) {
  mlir::OpBuilder::InsertionGuard guard(node.getGraph().getBuilder());
  node.getGraph().getBuilder().setInsertionPoint(batchNorm);
  auto multiply = [&](size_t i, float old) { return old * values[i]; };
  batchNorm.getScaleMutable().assign(
      updatedConstant(node, batchNorm.getScale(), "", values.size(), multiply));
  batchNorm.getOffsetMutable().assign(
      updatedConstant(node, batchNorm.getOffset(), "", values.size(), multiply));
}

bool qopt::onnx::scaleProducer(Node &node, unsigned index, const Tensor &factor) {
  std::optional<Activation> activation = getExclusiveLayer(node, index);
  if (!activation)
    return false;
  auto values = getPerChannel(factor, *activation);
  if (!values)
    return false;
  if (auto batchNorm = activation->value.getDefiningOp<BatchNormOp>()) {
    scaleBatchNorm(node, batchNorm, *values);
    node.setResult(*activation);
    return true;
  }
  Shape vector = {static_cast<int64_t>(values->size())};
  auto filled = [&](llvm::StringRef suffix, float value) {
    std::vector<float> elements(values->size(), value);
    return node.createConstant((node.getName() + "." + suffix).str(), vector, elements);
  };
  mlir::Value scale = node.createConstant(factor.name, vector, *values);
  mlir::Value zeros = filled("zeros", 0), ones = filled("ones", 1);
  mlir::Value result = node.create<BatchNormOp>(activation->shape(), activation->value, scale,
                                                zeros, zeros, ones, llvm::APFloat(0.0f));
  node.setResult({result, activation->isChannelsLast});
  return true;
}

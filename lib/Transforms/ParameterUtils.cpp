// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Transforms/ParameterUtils.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

using namespace mlir;
using namespace qopt;

std::optional<Floats> qopt::getParameter(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant ? getFloats(constant) : std::nullopt;
}

bool qopt::hasLayerParameters(WeightedOpInterface op) {
  auto isParameter = [](Value value) {
    return value.getDefiningOp<ConstantOp>() && getElementTypeOrSelf(value).isF32();
  };
  return isParameter(op.getWeightsValue()) &&
         (!op.getBiasValue() || isParameter(op.getBiasValue()));
}

std::optional<LayerParameters> qopt::getLayerParameters(WeightedOpInterface op) {
  std::optional<Floats> weights = getParameter(op.getWeightsValue());
  if (!weights)
    return std::nullopt;
  Value bias = op.getBiasValue();
  if (!bias) {
    auto type = cast<RankedTensorType>(op.getWeightsValue().getType());
    return LayerParameters{*weights, Floats(type.getDimSize(op.getOutputChannelAxis()), 0.0f)};
  }
  std::optional<Floats> values = getParameter(bias);
  if (!values)
    return std::nullopt;
  return LayerParameters{*weights, *values};
}

static void eraseIfUnused(Operation *op) {
  if (isa_and_nonnull<ConstantOp>(op) && op->use_empty())
    op->erase();
}

/// A name for a parameter of `op` that replaces `old`.
static std::string getParameterName(Operation *op, Value old, StringRef role) {
  auto constant = old ? old.getDefiningOp<ConstantOp>() : ConstantOp();
  if (constant && !constant.getResourceName().empty())
    return constant.getResourceName().str();
  return (getLayerName(op) + "_" + role).str();
}

void qopt::replaceParameter(OpBuilder &builder, OpOperand &operand, StringRef role,
                            ArrayRef<int64_t> shape, ArrayRef<float> values) {
  Operation *owner = operand.getOwner();
  Value old = operand.get();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(owner);
  std::string name = getParameterName(owner, old, role);
  ConstantOp constant = createFloatConstant(builder, old.getLoc(), name, shape, values);
  if (Operation *definition = old.getDefiningOp())
    copyLayerName(definition, constant);
  operand.set(constant);
  eraseIfUnused(old.getDefiningOp());
}

void qopt::setLayerParameters(OpBuilder &builder, WeightedOpInterface op,
                              ArrayRef<int64_t> weightsShape, const LayerParameters &parameters) {
  replaceParameter(builder, op.getWeightsOperand(), "weights", weightsShape, parameters.weights);
  Value old = op.getBiasValue();
  if (!old && llvm::all_of(parameters.bias, [](float value) { return value == 0.0f; }))
    return;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(op);
  int64_t channels = parameters.bias.size();
  op.setBiasValue(createFloatConstant(builder, op.getLoc(), getParameterName(op, old, "bias"),
                                      channels, parameters.bias));
  if (old)
    eraseIfUnused(old.getDefiningOp());
}

/// Distances between neighbours along each dimension of a row-major tensor.
static SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

Floats qopt::permuteDimensions(ArrayRef<float> values, ArrayRef<int64_t> shape,
                               ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> from = getStrides(shape), permuted;
  for (int64_t dim : permutation)
    permuted.push_back(shape[dim]);
  SmallVector<int64_t> to = getStrides(permuted);
  Floats result(values.size());
  for (size_t index = 0; index < result.size(); ++index) {
    int64_t rest = index, source = 0;
    for (auto [dim, stride] : llvm::enumerate(to)) {
      source += rest / stride * from[permutation[dim]];
      rest %= stride;
    }
    result[index] = values[source];
  }
  return result;
}

void qopt::eraseWithParameters(Operation *op) {
  SmallVector<Operation *> definitions;
  for (Value operand : op->getOperands())
    if (Operation *definition = operand.getDefiningOp())
      if (!llvm::is_contained(definitions, definition))
        definitions.push_back(definition);
  op->erase();
  for (Operation *definition : definitions)
    eraseIfUnused(definition);
}

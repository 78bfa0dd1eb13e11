// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads constants, types and clamps of layers with weights.
#include "qopt/Codegen/WeightedLayer.h"
#include "Kernels/KernelSupport.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace mlir;

namespace qopt::codegen {

static LogicalResult describeWeights(WeightedOpInterface op, DotLayer &layer) {
  ConstantOp weights = getConstant(op.getWeightsValue());
  auto codes = weights ? getCodes(weights) : std::nullopt;
  if (!codes)
    return op->emitError("expected constant quantized weights");
  layer.weights = std::move(*codes);
  std::optional<QuantParams> params = getQuantParams(op.getWeightsValue().getType());
  layer.weightZeroPoints.assign(params->zeroPoints.begin(), params->zeroPoints.end());
  if (!op.getBiasValue())
    return success();
  ConstantOp bias = getConstant(op.getBiasValue());
  auto values = bias ? getInt32s(bias) : std::nullopt;
  if (!values)
    return op->emitError("expected a constant i32 bias");
  layer.bias = std::move(*values);
  return success();
}

/// The multiplier of every scale of the weights: one, or one per output channel.
static LogicalResult describeMultipliers(WeightedOpInterface op, ProgramBuilder &builder,
                                         ResultSpec &result) {
  std::optional<QuantParams> input = getQuantParams(op.getActivationValue().getType());
  std::optional<QuantParams> weights = getQuantParams(op.getWeightsValue().getType());
  std::optional<QuantParams> output = getQuantParams(op->getResult(0).getType());
  if (!input || !weights)
    return op->emitError("expected quantized activations and weights");
  for (float scale : weights->scales) {
    if (!output) {
      result.floatScales.push_back(input->scale(0) * scale);
      continue;
    }
    FailureOr<numerics::Multiplier> multiplier =
        orEmit(op, numerics::prepareMultiplier(
                       toNumerics(builder.getContract()),
                       numerics::productMultiplier(input->scale(0), scale, output->scale(0)),
                       result.maxAbsAccumulator));
    if (failed(multiplier))
      return failure();
    result.multipliers.push_back(*multiplier);
  }
  return success();
}

FailureOr<DotLayer> describeLayer(Operation *op, ProgramBuilder &builder) {
  auto weighted = cast<WeightedOpInterface>(op);
  DotLayer layer;
  layer.input = builder.getLayout(weighted.getActivationValue());
  layer.output = builder.getLayout(op->getResult(0));
  if (failed(describeWeights(weighted, layer)))
    return failure();
  std::optional<uint64_t> bound = cast<AccumulatorOpInterface>(op).getAccumulatorBound();
  if (!bound || *bound > 0x7fffffff)
    return op->emitError("accumulator is not proven to fit 32 bits");
  layer.result.maxAbsAccumulator = *bound;
  if (failed(describeMultipliers(weighted, builder, layer.result)))
    return failure();
  if (layer.result.isFloat())
    return layer;
  FailureOr<numerics::Grid> grid = getGrid(op, op->getResult(0));
  if (failed(grid))
    return failure();
  CodeBounds bounds = getBounds(op, *grid, BufferLayout()); // signed: the kernel flips by itself
  layer.result.lower = bounds.lower, layer.result.upper = bounds.upper;
  return layer;
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/ParameterGrids.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ChannelIndex.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Quantization/WeightScale.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

/// The elements of a parameter of `user`, all finite.
static FailureOr<SmallVector<float>> getFiniteFloats(Operation *user, Value value, StringRef role) {
  ConstantOp constant = getConstant(value);
  if (!constant)
    return emitLayerError(user) << role << " must be constant to be quantized";
  std::optional<SmallVector<float>> values = getFloats(constant);
  if (!values)
    return emitLayerError(user) << role << " must be f32 to be quantized";
  for (float element : *values)
    if (!std::isfinite(element))
      return emitLayerError(user) << role << " hold NaN or infinities; repair the model";
  return std::move(*values);
}

FailureOr<numerics::Range> qopt::getParameterRange(Operation *user, ConstantOp constant) {
  auto values = getFiniteFloats(user, constant.getOutput(), "constant operands");
  if (failed(values))
    return failure();
  if (values->empty())
    return numerics::Range{};
  auto [lo, hi] = std::minmax_element(values->begin(), values->end());
  return numerics::Range{*lo, *hi};
}

FailureOr<quant::UniformQuantizedType> qopt::getConstantType(Operation *user, ConstantOp constant,
                                                             numerics::Symmetry symmetry,
                                                             numerics::Scales scales) {
  FailureOr<numerics::Range> range = getParameterRange(user, constant);
  if (failed(range))
    return failure();
  auto grid = numerics::gridForRange(*range, numerics::signedStorage(8, false), symmetry, scales);
  if (!grid)
    return emitLayerError(user) << "no grid for a constant: " << llvm::toString(grid.takeError());
  return getPerTensorType(user->getContext(), grid->scale, grid->zeroPoint, grid->storage.min,
                          grid->storage.max);
}

/// The weights of each output channel, or all of them as one.
static SmallVector<SmallVector<float>>
splitIntoRows(ArrayRef<float> weights, const ChannelIndex &channelOf, bool perChannel) {
  SmallVector<SmallVector<float>> rows(perChannel ? channelOf.size() : 1);
  for (auto [index, weight] : llvm::enumerate(weights))
    rows[perChannel ? channelOf(index) : 0].push_back(weight);
  return rows;
}

/// The scale of the symmetric narrow-range grid for `row`.
static FailureOr<float> getScale(Operation *layer, ArrayRef<float> row,
                                 const WeightsGridOptions &options) {
  float maximum = 0.0f;
  for (float weight : row)
    maximum = std::max(maximum, std::fabs(weight));
  auto grid = numerics::gridForRange({-maximum, maximum}, numerics::signedStorage(8, true),
                                     numerics::Symmetry::Symmetric, options.scales);
  if (!grid)
    return emitLayerError(layer) << "no grid for weights: " << llvm::toString(grid.takeError());
  if (!options.searchScales)
    return grid->scale;
  return options.scales == numerics::Scales::PowersOfTwo
             ? numerics::searchPowerOfTwoScale(row, *grid)
             : numerics::searchWeightScale(row, *grid);
}

/// Raises scales so that each bias fits; `scales` is one per channel or one in all.
static LogicalResult raiseScales(Operation *layer, ArrayRef<float> bias, float inputScale,
                                 const WeightsGridOptions &options, MutableArrayRef<float> scales) {
  unsigned raised = 0;
  for (auto [channel, value] : llvm::enumerate(bias)) {
    float &scale = scales[scales.size() == 1 ? 0 : channel];
    llvm::Expected<float> fitting =
        numerics::raiseWeightScale(value, inputScale, scale, options.biasLimit);
    if (!fitting)
      return emitLayerError(layer)
             << "channel " << channel << ": " << llvm::toString(fitting.takeError());
    raised += *fitting > scale;
    if (options.scales == numerics::Scales::PowersOfTwo)
      fitting = numerics::raiseToPowerOfTwo(*fitting);
    scale = std::max(scale, *fitting);
  }
  if (raised != 0)
    emitLayerRemark(layer) << "weight scales of " << raised
                           << " channels raised, for their biases would not fit "
                           << (options.biasLimit == numerics::kBiasLimit32 ? 32 : 16) << " bits";
  return success();
}

FailureOr<quant::QuantizedType> qopt::getWeightsType(WeightedOpInterface layer, float inputScale,
                                                     const WeightsGridOptions &options) {
  auto weights = getFiniteFloats(layer, layer.getWeightsValue(), "weights");
  if (failed(weights))
    return failure();
  int64_t axis = layer.getOutputChannelAxis();
  auto shape = cast<RankedTensorType>(layer.getWeightsValue().getType()).getShape();
  SmallVector<float> scales;
  for (ArrayRef<float> row :
       splitIntoRows(*weights, ChannelIndex(shape, axis), options.perChannel)) {
    FailureOr<float> scale = getScale(layer, row, options);
    if (failed(scale))
      return failure();
    scales.push_back(*scale);
  }
  if (Value bias = layer.getBiasValue()) {
    auto values = getFiniteFloats(layer, bias, "bias values");
    if (failed(values) || failed(raiseScales(layer, *values, inputScale, options, scales)))
      return failure();
  }
  MLIRContext *context = layer.getContext();
  if (options.perChannel)
    return getPerAxisType(context, scales, static_cast<int32_t>(axis));
  return quant::QuantizedType(getPerTensorType(context, scales.front(), 0, -127, 127));
}

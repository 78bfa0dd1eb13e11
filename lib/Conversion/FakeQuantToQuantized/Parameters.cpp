// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Parameters.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ChannelIndex.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Quantization/Bias.h"
#include "qopt/Quantization/Grid.h"

using namespace mlir;
using namespace qopt;

/// The name of a stored form: that of the parameter, or what it is for.
static StringRef getStoredName(ConstantOp parameter, StringRef role) {
  StringRef name = parameter.getResourceName();
  return name.empty() ? role : name;
}

static SmallVector<int8_t> quantizeElements(ArrayRef<float> values, ArrayRef<int64_t> shape,
                                            const QuantParams &params) {
  bool perAxis = params.axis >= 0;
  ChannelIndex channelOf = perAxis ? ChannelIndex(shape, params.axis) : ChannelIndex({1}, 0);
  SmallVector<int8_t> codes(values.size());
  for (auto [index, value] : llvm::enumerate(values)) {
    int64_t channel = channelOf(index);
    numerics::Grid grid{
        params.scale(channel), params.zeroPoint(channel), {params.storageMin, params.storageMax}};
    // Unsigned codes above 127 keep their bits.
    codes[index] = static_cast<int8_t>(numerics::quantizeValue(value, grid));
  }
  return codes;
}

FailureOr<ConstantOp> qopt::quantizeConstant(FakeQuantOp fakeQuant) {
  ConstantOp constant = getConstant(fakeQuant.getInput());
  std::optional<SmallVector<float>> values = getFloats(constant);
  if (!values)
    return fakeQuant.emitError("rounds a constant that is not f32");
  auto quantType = cast<quant::QuantizedType>(fakeQuant.getType());
  if (quantType.getStorageTypeIntegralWidth() > 8)
    return fakeQuant.emitError("rounds a constant to more than 8 bits, which has no stored form");
  auto shape = cast<RankedTensorType>(constant.getOutput().getType()).getShape();
  OpBuilder builder(fakeQuant);
  return createCodeConstant(builder, constant.getLoc(), getStoredName(constant, "weights"), shape,
                            quantType,
                            quantizeElements(*values, shape, *getQuantParams(quantType)));
}

/// The stored bias: rne(b / (s_x * s_w)) in double.
static FailureOr<SmallVector<int32_t>> quantizeBiasValues(WeightedOpInterface layer,
                                                          ArrayRef<float> bias) {
  float inputScale = getQuantParams(layer.getActivationValue().getType())->scale(0);
  QuantParams weights = *getQuantParams(layer.getWeightsValue().getType());
  SmallVector<int32_t> stored;
  for (auto [channel, value] : llvm::enumerate(bias)) {
    auto code = numerics::quantizeBias(value, inputScale, weights.scale(channel));
    if (!code)
      return emitLayerError(layer)
             << "channel " << channel << ": " << llvm::toString(code.takeError())
             << "; qopt-nudge-ranges raises weight scales until it fits";
    stored.push_back(*code);
  }
  return stored;
}

LogicalResult qopt::quantizeBias(WeightedOpInterface layer) {
  Value bias = layer.getBiasValue();
  if (!bias)
    return success();
  ConstantOp constant = getConstant(bias);
  std::optional<SmallVector<float>> values =
      constant ? getFloats(constant) : std::optional<SmallVector<float>>();
  if (!values)
    return emitLayerError(layer) << "the bias must be an f32 constant to be quantized";
  auto stored = quantizeBiasValues(layer, *values);
  if (failed(stored))
    return failure();
  OpBuilder builder(layer);
  auto shape = cast<RankedTensorType>(bias.getType()).getShape();
  layer.setBiasValue(createInt32Constant(builder, constant.getLoc(),
                                         getStoredName(constant, "bias"), shape, *stored)
                         .getOutput());
  return success();
}

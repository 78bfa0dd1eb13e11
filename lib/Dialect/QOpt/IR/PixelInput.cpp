// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/PixelInput.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace qopt;

static constexpr llvm::StringLiteral kMean = "mean", kDeviation = "deviation", kAxis = "axis";

float PixelInput::toPixel(float value, size_t channel) const {
  float pixel = value * pick(deviation, channel) + pick(mean, channel);
  return std::clamp(std::nearbyint(pixel), 0.0f, 255.0f);
}

DictionaryAttr PixelInput::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr(kMean, builder.getDenseF32ArrayAttr(mean)),
       builder.getNamedAttr(kDeviation, builder.getDenseF32ArrayAttr(deviation)),
       builder.getNamedAttr(kAxis, builder.getI64IntegerAttr(axis))});
}

std::optional<PixelInput> PixelInput::get(Attribute attribute) {
  auto dictionary = dyn_cast_or_null<DictionaryAttr>(attribute);
  if (!dictionary || dictionary.size() != 3)
    return std::nullopt;
  auto mean = dictionary.getAs<DenseF32ArrayAttr>(kMean);
  auto deviation = dictionary.getAs<DenseF32ArrayAttr>(kDeviation);
  auto axis = dictionary.getAs<IntegerAttr>(kAxis);
  if (!mean || !deviation || !axis || mean.empty() || deviation.empty())
    return std::nullopt;
  PixelInput result;
  result.mean.assign(mean.asArrayRef().begin(), mean.asArrayRef().end());
  result.deviation.assign(deviation.asArrayRef().begin(), deviation.asArrayRef().end());
  result.axis = axis.getValue().getSExtValue();
  return result;
}

std::optional<PixelInput> qopt::getPixelInput(func::FuncOp function, unsigned argument) {
  return PixelInput::get(function.getArgAttr(argument, kPixelsAttr));
}

LogicalResult qopt::verifyPixelInput(Operation *op, Type type, Attribute attribute) {
  std::optional<PixelInput> pixels = PixelInput::get(attribute);
  if (!pixels)
    return op->emitOpError("'") << kPixelsAttr << "' needs mean, deviation and axis";
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || pixels->axis < 0 || pixels->axis >= tensor.getRank())
    return op->emitOpError("'") << kPixelsAttr << "' has an axis that the argument has not";
  auto fits = [&](ArrayRef<float> values) {
    auto count = static_cast<int64_t>(values.size());
    return (count == 1 || count == tensor.getDimSize(pixels->axis)) &&
           llvm::all_of(values, [](float value) { return std::isfinite(value); });
  };
  if (!fits(pixels->mean) || !fits(pixels->deviation) ||
      !llvm::all_of(pixels->deviation, [](float value) { return value > 0; }))
    return op->emitOpError("'") << kPixelsAttr
                                << "' needs one finite mean and one positive deviation, or one "
                                   "per channel";
  return success();
}

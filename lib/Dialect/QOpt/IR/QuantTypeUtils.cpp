// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace qopt;

quant::QuantizedType qopt::getQuantizedElementType(Type type) {
  if (auto shaped = dyn_cast_or_null<ShapedType>(type))
    type = shaped.getElementType();
  if (isa_and_nonnull<quant::UniformQuantizedType, quant::UniformQuantizedPerAxisType>(type))
    return cast<quant::QuantizedType>(type);
  return {};
}

std::optional<QuantParams> qopt::getQuantParams(Type type) {
  quant::QuantizedType quantized = getQuantizedElementType(type);
  if (!quantized)
    return std::nullopt;
  QuantParams params;
  params.storageMin = static_cast<int32_t>(quantized.getStorageTypeMin());
  params.storageMax = static_cast<int32_t>(quantized.getStorageTypeMax());
  params.isSigned = quantized.isSigned();
  params.storageBits = quantized.getStorageTypeIntegralWidth();
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(quantized)) {
    params.scales.push_back(static_cast<float>(perTensor.getScale()));
    params.zeroPoints.push_back(static_cast<int32_t>(perTensor.getZeroPoint()));
    return params;
  }
  auto perAxis = cast<quant::UniformQuantizedPerAxisType>(quantized);
  params.axis = perAxis.getQuantizedDimension();
  for (double scale : perAxis.getScales())
    params.scales.push_back(static_cast<float>(scale));
  for (int64_t zeroPoint : perAxis.getZeroPoints())
    params.zeroPoints.push_back(static_cast<int32_t>(zeroPoint));
  return params;
}

quant::QuantizedType qopt::getQuantType(MLIRContext *context, const QuantParams &params) {
  unsigned flags = params.isSigned ? quant::QuantizationFlags::Signed : 0;
  Type storage = IntegerType::get(context, params.storageBits);
  Type expressed = Float32Type::get(context);
  if (params.axis < 0)
    return quant::UniformQuantizedType::get(flags, storage, expressed, params.scales.front(),
                                            params.zeroPoints.front(), params.storageMin,
                                            params.storageMax);
  SmallVector<double> scales(params.scales.begin(), params.scales.end());
  SmallVector<int64_t> zeroPoints(params.zeroPoints.begin(), params.zeroPoints.end());
  return quant::UniformQuantizedPerAxisType::get(flags, storage, expressed, scales, zeroPoints,
                                                 params.axis, params.storageMin, params.storageMax);
}

quant::UniformQuantizedType qopt::getPerTensorType(MLIRContext *context, float scale,
                                                   int32_t zeroPoint, int32_t storageMin,
                                                   int32_t storageMax, bool isSigned,
                                                   unsigned bits) {
  QuantParams params{{scale}, {zeroPoint}, /*axis=*/-1, storageMin, storageMax, isSigned, bits};
  return cast<quant::UniformQuantizedType>(getQuantType(context, params));
}

quant::QuantizedType qopt::getPerAxisType(MLIRContext *context, ArrayRef<float> scales,
                                          int32_t axis, int32_t storageMin, int32_t storageMax,
                                          unsigned bits) {
  QuantParams params;
  params.scales.assign(scales.begin(), scales.end());
  params.zeroPoints.assign(scales.size(), 0);
  params.axis = axis;
  params.storageMin = storageMin;
  params.storageMax = storageMax;
  params.storageBits = bits;
  return getQuantType(context, params);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/Tensor.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include <cstring>
#include <vector>

using namespace mlir;
using namespace qopt;

Tensor Tensor::makeReals(ArrayRef<int64_t> shape) {
  auto elements = std::make_shared<std::vector<float>>(numerics::elementCount(shape));
  Tensor tensor = borrowReals(shape, elements->data());
  tensor.owner = std::move(elements);
  return tensor;
}

Tensor Tensor::makeCodes(ArrayRef<int64_t> shape) {
  auto elements = std::make_shared<std::vector<int32_t>>(numerics::elementCount(shape));
  Tensor tensor;
  tensor.dims.assign(shape.begin(), shape.end());
  tensor.codeElements = elements->data();
  tensor.owner = std::move(elements);
  return tensor;
}

Tensor Tensor::borrowReals(ArrayRef<int64_t> shape, const float *elements) {
  Tensor tensor;
  tensor.dims.assign(shape.begin(), shape.end());
  tensor.realElements = elements;
  return tensor;
}

/// Unsigned storage is zero-extended; i8 and signed storage are sign-extended.
static bool isUnsigned(RankedTensorType type) {
  quant::QuantizedType quantized = getQuantizedElementType(type);
  return quantized && !quantized.isSigned();
}

Tensor Tensor::fromBytes(RankedTensorType type, const void *bytes) {
  size_t size = type.getNumElements();
  if (type.getElementType().isF32()) {
    Tensor tensor = makeReals(type.getShape());
    std::memcpy(tensor.writeReals().data, bytes, size * sizeof(float));
    return tensor;
  }
  Tensor tensor = makeCodes(type.getShape());
  int32_t *codes = tensor.writeCodes().data;
  if (type.getElementType().isInteger(32))
    std::memcpy(codes, bytes, size * sizeof(int32_t));
  else if (isUnsigned(type))
    std::copy_n(static_cast<const uint8_t *>(bytes), size, codes);
  else
    std::copy_n(static_cast<const int8_t *>(bytes), size, codes);
  return tensor;
}

void Tensor::toBytes(RankedTensorType type, void *bytes) const {
  if (isReal())
    std::memcpy(bytes, realElements, size() * sizeof(float));
  else if (type.getElementType().isInteger(32))
    std::memcpy(bytes, codeElements, size() * sizeof(int32_t));
  else
    for (auto [i, code] : llvm::enumerate(codes()))
      static_cast<uint8_t *>(bytes)[i] = static_cast<uint8_t>(code);
}

Tensor Tensor::reshaped(ArrayRef<int64_t> shape) const {
  Tensor tensor = *this;
  tensor.dims.assign(shape.begin(), shape.end());
  return tensor;
}

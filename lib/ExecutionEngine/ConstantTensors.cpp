// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/ConstantTensors.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

using namespace mlir;
using namespace qopt;

static llvm::Error refuse(ConstantOp op) {
  return llvm::createStringError("constant '" + getLayerName(op) + "' holds no data of its type");
}

/// True where the raw bytes are the elements as they stand: no splat, aligned for floats.
static bool canBorrow(ConstantOp op) {
  ArrayRef<char> bytes = op.getRawBytes();
  return bytes.size() == op.getType().getNumElements() * sizeof(float) &&
         reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0;
}

static llvm::Expected<Tensor> loadReals(ConstantOp op) {
  ArrayRef<int64_t> shape = op.getType().getShape();
  if (canBorrow(op))
    return Tensor::borrowReals(shape, reinterpret_cast<const float *>(op.getRawBytes().data()));
  std::optional<SmallVector<float>> values = getFloats(op);
  if (!values)
    return refuse(op);
  Tensor tensor = Tensor::makeReals(shape);
  llvm::copy(*values, tensor.writeReals().data);
  return tensor;
}

llvm::Expected<Tensor> qopt::loadConstant(ConstantOp op) {
  Type elementType = op.getType().getElementType();
  if (elementType.isF32())
    return loadReals(op);
  std::optional<SmallVector<int32_t>> values =
      elementType.isInteger(32) ? getInt32s(op) : getCodes(op);
  if (!values)
    return refuse(op);
  Tensor tensor = Tensor::makeCodes(op.getType().getShape());
  llvm::copy(*values, tensor.writeCodes().data);
  return tensor;
}

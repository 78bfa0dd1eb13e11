// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A value at run time: real numbers, or the stored integers of a quantized (or i32, i8) tensor.
#ifndef QOPT_EXECUTIONENGINE_TENSOR_H
#define QOPT_EXECUTIONENGINE_TENSOR_H

#include "qopt/Quantization/TensorView.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>

namespace qopt {

/// Row-major elements with a shape. Copies share the elements: whoever makes a tensor fills it and
/// from then on nobody writes to it.
class Tensor {
public:
  /// Holds nothing; what a freed value leaves behind.
  Tensor() = default;

  /// New elements, all zero.
  static Tensor makeReals(llvm::ArrayRef<int64_t> shape);
  static Tensor makeCodes(llvm::ArrayRef<int64_t> shape);
  /// A view of floats that outlive the tensor.
  static Tensor borrowReals(llvm::ArrayRef<int64_t> shape, const float *elements);
  /// New elements read from row-major `bytes` of `type`: f32, i32, or one byte an element.
  static Tensor fromBytes(mlir::RankedTensorType type, const void *bytes);

  /// Writes the elements as the bytes of `type` (the inverse of fromBytes).
  void toBytes(mlir::RankedTensorType type, void *bytes) const;

  bool isReal() const { return realElements != nullptr; }
  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t size() const { return numerics::elementCount(dims); }

  llvm::ArrayRef<float> reals() const { return {realElements, static_cast<size_t>(size())}; }
  llvm::ArrayRef<int32_t> codes() const { return {codeElements, static_cast<size_t>(size())}; }
  numerics::ConstView<float> realView() const { return {dims, realElements}; }
  numerics::ConstView<int32_t> codeView() const { return {dims, codeElements}; }

  /// For whoever makes the tensor.
  numerics::View<float> writeReals() { return {dims, const_cast<float *>(realElements)}; }
  numerics::View<int32_t> writeCodes() { return {dims, const_cast<int32_t *>(codeElements)}; }

  /// The same elements under another shape of the same size.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;

private:
  llvm::SmallVector<int64_t, 4> dims;
  std::shared_ptr<void> owner;
  const float *realElements = nullptr;
  const int32_t *codeElements = nullptr;
};

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_TENSOR_H

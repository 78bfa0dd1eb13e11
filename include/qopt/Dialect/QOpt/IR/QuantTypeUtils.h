// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Per-tensor and per-axis quantized types seen as one: a per-tensor type has one scale.
#ifndef QOPT_DIALECT_QOPT_IR_QUANTTYPEUTILS_H
#define QOPT_DIALECT_QOPT_IR_QUANTTYPEUTILS_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qopt {

/// A uniform quantized type, unpacked.
struct QuantParams {
  llvm::SmallVector<float> scales;       ///< one, or one per element of `axis`
  llvm::SmallVector<int32_t> zeroPoints; ///< as many as scales
  int32_t axis = -1;                     ///< -1: per tensor
  int32_t storageMin = -128, storageMax = 127;
  bool isSigned = true;
  unsigned storageBits = 8;

  float scale(size_t channel) const { return scales[scales.size() == 1 ? 0 : channel]; }
  int32_t zeroPoint(size_t channel) const {
    return zeroPoints[zeroPoints.size() == 1 ? 0 : channel];
  }
};

/// The element type of `type` as a uniform quantized type, or null.
mlir::quant::QuantizedType getQuantizedElementType(mlir::Type type);
inline bool isQuantized(mlir::Value value) {
  return static_cast<bool>(getQuantizedElementType(value.getType()));
}

/// Unpacks a quantized element type, or the element type of a shaped type; none if it has none.
std::optional<QuantParams> getQuantParams(mlir::Type type);

/// A per-tensor type with the i8 (or given) storage; `storage` min and max default to the type's.
mlir::quant::UniformQuantizedType getPerTensorType(mlir::MLIRContext *context, float scale,
                                                   int32_t zeroPoint, int32_t storageMin = -128,
                                                   int32_t storageMax = 127, bool isSigned = true,
                                                   unsigned bits = 8);
/// A per-axis type with zero points 0.
mlir::quant::QuantizedType getPerAxisType(mlir::MLIRContext *context, llvm::ArrayRef<float> scales,
                                          int32_t axis, int32_t storageMin = -127,
                                          int32_t storageMax = 127, unsigned bits = 8);
/// Packs `params` into a type (per tensor if axis is -1).
mlir::quant::QuantizedType getQuantType(mlir::MLIRContext *context, const QuantParams &params);

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_QUANTTYPEUTILS_H

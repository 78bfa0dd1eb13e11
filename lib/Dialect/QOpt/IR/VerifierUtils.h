// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks that several ops share. Each takes the label of the constraint in the op's documentation.
#ifndef QOPT_LIB_DIALECT_QOPT_IR_VERIFIERUTILS_H
#define QOPT_LIB_DIALECT_QOPT_IR_VERIFIERUTILS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

namespace qopt::detail {

/// Scales are positive finite f32 numbers, zero points lie inside the storage bounds.
llvm::LogicalResult verifyQuantParams(mlir::Operation *op, mlir::quant::QuantizedType type);

/// `values` has `count` elements in [least, 2^31 - 1]; `what` names them in the message.
llvm::LogicalResult verifyNumbers(mlir::Operation *op, llvm::StringRef label, llvm::StringRef what,
                                  llvm::ArrayRef<int64_t> values, size_t count, int64_t least);

/// Strides and dilations are two numbers >= 1, pads four numbers >= 0.
llvm::LogicalResult verifyWindow(mlir::Operation *op, llvm::StringRef label,
                                 llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> pads,
                                 llvm::ArrayRef<int64_t> dilations);

/// Pads are less than the window's extent, so that no window lies in padding alone.
llvm::LogicalResult verifyPadsInsideWindow(mlir::Operation *op, llvm::StringRef label,
                                           const Window &window);

llvm::LogicalResult verifyRank(mlir::Operation *op, llvm::StringRef label, llvm::StringRef what,
                               mlir::Value value, int64_t rank);

llvm::LogicalResult verifyShape(mlir::Operation *op, llvm::StringRef label, llvm::StringRef what,
                                mlir::Value value, llvm::ArrayRef<int64_t> expected);

/// [N, OH, OW, channels] of a sliding window over `input`.
llvm::LogicalResult verifyWindowShape(mlir::Operation *op, llvm::StringRef label,
                                      const Window &window, mlir::Value input, mlir::Value output,
                                      int64_t channels);

/// Bounds number one or `channels`, none is NaN, and min <= max.
llvm::LogicalResult verifyClamp(mlir::Operation *op, llvm::StringRef label,
                                std::optional<llvm::ArrayRef<float>> min,
                                std::optional<llvm::ArrayRef<float>> max, int64_t channels);

/// No value is quantized per axis.
llvm::LogicalResult verifyPerTensor(mlir::Operation *op, llvm::StringRef label,
                                    mlir::ValueRange values);

llvm::LogicalResult verifySameElementType(mlir::Operation *op, llvm::StringRef label,
                                          mlir::Value input, mlir::Value output);

/// a * b for sizes, at most the greatest int64_t: sizes of broken files may not fit.
int64_t multiplySizes(int64_t a, int64_t b);

/// Channels of an activation: its last dimension; 1 for a scalar.
int64_t getChannels(mlir::Value value);

inline llvm::ArrayRef<int64_t> getShape(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

} // namespace qopt::detail

#endif // QOPT_LIB_DIALECT_QOPT_IR_VERIFIERUTILS_H

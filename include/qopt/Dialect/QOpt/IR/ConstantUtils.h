// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and making the parameters of a network.
#ifndef QOPT_DIALECT_QOPT_IR_CONSTANTUTILS_H
#define QOPT_DIALECT_QOPT_IR_CONSTANTUTILS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "llvm/ADT/SmallVector.h"

namespace qopt {

/// The constant behind `value`, looking through fake_quant; null if it is not constant.
ConstantOp getConstant(mlir::Value value);

/// The elements, splats expanded. Empty optional where `constant` holds another element type.
std::optional<llvm::SmallVector<float>> getFloats(ConstantOp constant);
std::optional<llvm::SmallVector<int32_t>> getInt32s(ConstantOp constant); ///< i32 constants
/// The stored values of a quantized or i8 constant (sign- or zero-extended by its storage type).
std::optional<llvm::SmallVector<int32_t>> getCodes(ConstantOp constant);

/// Makes a constant as a named dense_resource (a fresh name derived from `name`).
ConstantOp createFloatConstant(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                               llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);
ConstantOp createInt32Constant(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                               llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int32_t> values);
/// `elementType` is i8 or a quantized type with 8-bit (or narrower) storage.
ConstantOp createCodeConstant(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                              llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                              llvm::ArrayRef<int8_t> codes);

/// Frees the bytes of resources that nothing in `root` refers to: constants that passes replaced leave
/// theirs behind in the context. Only for whoever owns the context and knows that no other module in
/// it, and no copy of this one, uses them. Returns the number of bytes.
size_t releaseUnusedResources(mlir::Operation *root);

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_CONSTANTUTILS_H

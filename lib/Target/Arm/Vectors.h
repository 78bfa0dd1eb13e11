// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// 128-bit vectors: what all row sets of 64-bit Arm share.
#ifndef QOPT_LIB_TARGET_ARM_VECTORS_H
#define QOPT_LIB_TARGET_ARM_VECTORS_H

#include "../Intrinsics.h"
#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

namespace qopt::arm {

/// 32-bit lanes and bytes of a vector.
constexpr int64_t kLanes = 4, kBytes = 16;

mlir::Value shuffle(codegen::Emitter &emit, mlir::Value a, mlir::Value b,
                    llvm::ArrayRef<int64_t> mask);
/// The lower or upper half.
mlir::Value half(codegen::Emitter &emit, mlir::Value vector, bool upper);
/// Elements of both in turns: zip1 or zip2 of elements of `bits` bits, as bytes.
mlir::Value zip(codegen::Emitter &emit, mlir::Value a, mlir::Value b, unsigned bits, bool upper);
/// Vectors of four i32 (two or four of them) to codes in order, as RowSet::narrow; `zero` is of
/// prepareZero().
mlir::Value narrowCodes(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                        mlir::Value zero, bool isUnsigned);
/// The same as RowSet::narrowWords.
mlir::Value narrowWordCodes(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                            mlir::Value zero, bool isUnsigned);

/// Everything but the dots.
class ArmRowSet : public codegen::RowSet {
public:
  int64_t getLanes() const override { return kLanes; }
  bool isFlippedAtRest() const override { return false; }

  mlir::Value roundToInt(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value floats) const override;
  double getRoundingLimit() const override { return 2147483648.0; }
  int64_t getNarrowGroup() const override { return 4; }
  mlir::Value prepareZero(codegen::Emitter &emit, mlir::Value zero) const override;
  mlir::Value narrow(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                     bool isUnsigned) const override {
    return narrowCodes(emit, values, zero, isUnsigned);
  }
  mlir::Value narrowWords(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                          mlir::Value zero, bool isUnsigned) const override {
    return narrowWordCodes(emit, values, zero, isUnsigned);
  }
};

/// Rows whose weights are whole vectors and whose activations are signed.
class ArmDotRow : public codegen::DotRow {
public:
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  mlir::Value loadWeights(codegen::Emitter &emit, mlir::Value pointer) const override {
    return emit.load(emit.intType(8, kBytes), pointer, kBytes);
  }
};

/// Depthwise convolution by the four-way dot of `Row`, eight channels at a time: the weights of
/// three columns stay in registers.
class ArmQuadRow : public codegen::QuadRow {
public:
  explicit ArmQuadRow(const codegen::DotRow &row) : row(row) {}

  int64_t getBlockChannels() const override { return 8; }
  int64_t getPixelsPerStep() const override { return 2; }
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  bool needsNarrowWeights() const override { return row.needsNarrowWeights(); }
  llvm::SmallVector<mlir::Value, 4> interleave(codegen::Emitter &emit,
                                               llvm::ArrayRef<mlir::Value> rows) const override;
  int64_t getChannel(int64_t vector, int64_t lane) const override { return kLanes * vector + lane; }
  mlir::Value dot(codegen::Emitter &emit, mlir::Value accumulator, mlir::Value weights,
                  mlir::Value activations) const override {
    return row.dot(emit, accumulator, weights, activations);
  }
  mlir::Value narrow(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                     bool isUnsigned) const override {
    return narrowCodes(emit, values, zero, isUnsigned);
  }
  mlir::Value narrowWords(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                          mlir::Value zero, bool isUnsigned) const override {
    return narrowWordCodes(emit, values, zero, isUnsigned);
  }

private:
  const codegen::DotRow &row;
};

} // namespace qopt::arm

#endif // QOPT_LIB_TARGET_ARM_VECTORS_H

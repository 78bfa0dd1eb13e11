// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the row sets of 256-bit machines share.
#ifndef QOPT_LIB_TARGET_X86_YMM_H
#define QOPT_LIB_TARGET_X86_YMM_H

#include "Parts.h"
#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

namespace qopt::x86 {

constexpr int64_t kYmmLanes = 8, kYmmBytes = 32;

/// One pixel by eight channels by four products; a pixel is a broadcast word.
class YmmDotRow : public codegen::DotRow {
public:
  codegen::DotShape getShape() const override { return {1, kYmmLanes, 4}; }
  bool takesAnyAddress() const override { return true; }
  mlir::Value loadActivation(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> pixels,
                             bool) const override {
    mlir::Value word = emit.load(emit.intType(32), pixels.front());
    return recast(emit, emit.broadcast(word, kYmmLanes), 8);
  }
  mlir::Value loadWeights(codegen::Emitter &emit, mlir::Value pointer) const override {
    return emit.load(emit.intType(8, kYmmBytes), pointer, kYmmBytes);
  }
};

/// Depthwise convolution by the four-way dot of `Row`, which works lane by lane.
class YmmQuadRow : public codegen::QuadRow {
public:
  explicit YmmQuadRow(const codegen::DotRow &row) : row(row) {}

  int64_t getBlockChannels() const override { return kYmmBytes; }
  bool gathersPixels() const override { return true; }
  bool takesParts() const override { return true; }
  bool acceptsActivations(bool flipped) const override { return row.acceptsActivations(flipped); }
  bool needsNarrowWeights() const override { return row.needsNarrowWeights(); }
  llvm::SmallVector<mlir::Value, 4> interleave(codegen::Emitter &emit,
                                               llvm::ArrayRef<mlir::Value> rows) const override {
    return parts.interleave(emit, rows);
  }
  int64_t getChannel(int64_t vector, int64_t lane) const override {
    return Parts::getByte(vector, lane);
  }
  mlir::Value dot(codegen::Emitter &emit, mlir::Value accumulator, mlir::Value weights,
                  mlir::Value activations) const override {
    return row.dot(emit, accumulator, weights, activations);
  }
  mlir::Value narrow(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                     bool isUnsigned) const override {
    return parts.pack(emit, values, zero, isUnsigned);
  }

private:
  const codegen::DotRow &row;
  Parts parts{kYmmBytes};
};

/// Everything but the dots.
class YmmRowSet : public codegen::RowSet {
public:
  int64_t getLanes() const override { return kYmmLanes; }
  mlir::Value roundToInt(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value floats) const override;
  double getRoundingLimit() const override { return 2147483648.0; }
  int64_t getNarrowGroup() const override { return 4; }
  mlir::Value prepareZero(codegen::Emitter &emit, mlir::Value zero) const override {
    return parts.prepareZero(emit, zero);
  }
  mlir::Value narrow(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                     bool isUnsigned) const override {
    return parts.packInOrder(emit, values, zero, isUnsigned);
  }

private:
  Parts parts{kYmmBytes};
};

} // namespace qopt::x86

#endif // QOPT_LIB_TARGET_X86_YMM_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the generator knows of a target: rows of instructions behind interfaces, never a triple.
#ifndef QOPT_CODEGEN_ROWSET_H
#define QOPT_CODEGEN_ROWSET_H

#include "qopt/Codegen/Emitter.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace qopt::codegen {

class DotRow;
class QuadRow;

/// The rows of one target and the vector facts that all kernels share. Every hook has a target
/// neutral default (stock arith, math and vector ops), so that a new set overrides only what its
/// machine does better.
class RowSet {
public:
  virtual ~RowSet() = default;

  virtual llvm::StringRef getName() const = 0;
  /// i32 (and f32) lanes of one vector; 1: kernels are scalar (types are i32, not vector<1xi32>).
  virtual int64_t getLanes() const = 0;
  /// Elements that a kernel without a dot row works on at a time.
  virtual int64_t getElementLanes() const { return getLanes(); }
  /// The same where the elements are f32; 1: the machine has no vectors of floats.
  virtual int64_t getFloatLanes() const { return getElementLanes(); }
  /// What arena buffers, constants and task memory are aligned to; a power of two.
  virtual int64_t getAlignment() const { return 64; }
  /// Activation codes at rest are XOR 128 (unsigned dot operands).
  virtual bool isFlippedAtRest() const = 0;
  /// The dot instruction for convolutions and fully connected layers.
  virtual const DotRow &getDotRow() const = 0;
  /// The row that takes every weight, where the dot row needs narrow ones; it delivers as many bytes
  /// of a pixel.
  virtual const DotRow &getWideDotRow() const { return getDotRow(); }
  /// The row for pixels of at most half as many channels as the dot row takes of one at a time.
  virtual const DotRow &getShallowDotRow() const { return getDotRow(); }
  /// The way to depthwise convolutions through a four-way dot; null: multiply and add.
  virtual const QuadRow *getQuadRow() const { return nullptr; }

  /// i32 from f32, round to nearest, ties to even, for |x| <= getRoundingLimit().
  virtual mlir::Value roundToInt(mlir::OpBuilder &builder, mlir::Location loc,
                                 mlir::Value floats) const;
  /// The default rounds by adding 1.5·2^23, which leaves 2^22 of range.
  virtual double getRoundingLimit() const { return 4194304.0; }

  /// Whether fixed-point requantization stays in 32-bit lanes, through highProduct().
  virtual bool hasHighProducts() const { return false; }
  /// floor(a·b / 2^31), or floor(a·b / 2^31 + 1/2) where `rounded`, of i32 lanes; b >= 0.
  virtual mlir::Value highProduct(Emitter &emit, mlir::Value a, mlir::Value b, bool rounded) const;
  /// ((value >> less) + 1) >> 1 of i32 lanes: a shift by less + 1 that rounds halves up.
  virtual mlir::Value roundingShift(Emitter &emit, mlir::Value value, mlir::Value less) const;
  /// Whether an epilogue requantizes vector by vector of channels, for all pixels of a tile, so
  /// that the operands of only one are alive; else pixel by pixel, so that accumulators die early.
  virtual bool keepsOperands() const { return false; }

  //===--- From 32-bit results to codes at rest
  //------------------------------------------------===//
  /// Vectors (of getLanes()) that one narrow() takes.
  virtual int64_t getNarrowGroup() const { return 1; }
  /// The zero point at rest (a scalar i32) in the form that narrow() adds; emitted once per kernel.
  virtual mlir::Value prepareZero(Emitter &emit, mlir::Value zero) const;
  /// getNarrowGroup() vectors of any i32 to one vector of bytes, in order: value + zero, saturated
  /// to [-128, 127], or to [0, 255] where `isUnsigned`.
  virtual mlir::Value narrow(Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                             bool isUnsigned) const;
  /// The same of values that fit 16 bits, the zero point added.
  virtual mlir::Value narrowWords(Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                                  mlir::Value zero, bool isUnsigned) const {
    return narrow(emit, values, zero, isUnsigned);
  }
};

/// The scalar set: legal on every machine.
const RowSet &getGenericRowSet();

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_ROWSET_H

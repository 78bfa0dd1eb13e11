// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emits the arithmetic from int32 accumulators to codes, for every contract, on scalars or vectors.
#ifndef QOPT_CODEGEN_REQUANTIZEBUILDER_H
#define QOPT_CODEGEN_REQUANTIZEBUILDER_H

#include "qopt/Codegen/Emitter.h"
#include "qopt/Quantization/Requantize.h"

#include "llvm/ADT/SmallVector.h"

namespace qopt::codegen {

class RowSet;

/// What a layer's requantization is. Codes are at rest: a caller whose result is flipped adds 128
/// to zero point and bounds.
struct RequantizeSpec {
  llvm::SmallVector<numerics::Multiplier> multipliers; ///< one, or one per channel
  llvm::SmallVector<int32_t> lower, upper;             ///< codes; one, or one per channel
  int32_t zeroPoint = 0;
  int64_t maxAbsAccumulator = 0x7fffffff;
  /// Contract fp32 only: f32(s_r / s_y) of a residual operand of magnitude up to maxAbsResidual.
  float residualMultiplier = 0;
  int64_t maxAbsResidual = 0;
};

/// One form serves all contracts: fp32, the 64-bit fixed point product (power-of-two is the case
/// m0 = 2^30), and gemmlowp's two shifts. Uniform parts of the spec are constants of the code;
/// parts that differ by channel come from a block of bytes behind a pointer.
class RequantizeBuilder {
public:
  RequantizeBuilder(const RowSet &rows, RequantizeSpec spec);

  /// Whether anything is read from the block.
  bool hasBlock() const;
  /// The block: a few arrays of `stride` 4-byte elements each; elements past the channels repeat
  /// the last channel, so that vectors may read them.
  llvm::SmallVector<char> packBlock(int64_t stride) const;
  /// Everything of the emitted code that the block does not hold.
  std::string getSignature() const;

  /// Values of a group of channels; load them once, use them for many accumulators.
  struct Operands {
    mlir::Value multiplier;         ///< f32, or m0 as i64 (i32 in words)
    mlir::Value shift, rounding;    ///< i64 (i32 and less by one); fixed and fixed-double
    mlir::Value leftShift, tieMask; ///< i64 (i32); fixed-double
    mlir::Value residual;           ///< f32
    mlir::Value lower, upper;       ///< f32 minus the zero point for fp32, else i32
  };
  /// The operands of channels [channel, channel + width); `block` may be null without a block.
  /// `channel` is a multiple of `width`, the block as aligned as a vector where `stride` is one
  /// too.
  Operands loadOperands(Emitter &emit, mlir::Value block, int64_t stride, mlir::Value channel,
                        int64_t width) const;
  /// Operands of width 1, repeated.
  static Operands broadcast(Emitter &emit, const Operands &operands, int64_t width);

  /// clamp(requant(acc) + z) as i32, of the width of `acc` (i32). `residual` is r - z_r as i32.
  mlir::Value emitCodes(Emitter &emit, mlir::Value acc, const Operands &operands,
                        mlir::Value residual = {}) const;
  /// requant(acc) + z as i32 without the clamp, for callers that saturate otherwise; legal only if
  /// fitsInt32().
  mlir::Value emitUnclamped(Emitter &emit, mlir::Value acc, const Operands &operands,
                            mlir::Value residual = {}) const;
  /// Proof that requant(acc) + z of every accumulator fits 32 bits.
  bool fitsInt32() const;

private:
  enum class Form { Fp32, Fixed, FixedDouble };

  mlir::Value product(Emitter &emit, mlir::Value acc, const Operands &operands,
                      mlir::Value residual) const;
  mlir::Value emitFixed(Emitter &emit, mlir::Value acc, const Operands &operands) const;
  mlir::Value emitFixedDouble(Emitter &emit, mlir::Value acc, const Operands &operands) const;
  mlir::Value emitFixedPoint(Emitter &emit, mlir::Value acc, const Operands &operands) const;
  void prepareShifts(Emitter &emit, mlir::Value shift, Operands &operands) const;
  // RequantizeInWords.cpp
  bool fitsWords() const;
  llvm::SmallVector<llvm::SmallVector<int32_t>> wordArrays() const;
  mlir::Value emitInWords(Emitter &emit, mlir::Value acc, const Operands &operands) const;
  llvm::SmallVector<int32_t> multiplierWords() const;
  llvm::SmallVector<int32_t> shiftWords() const;
  llvm::SmallVector<llvm::SmallVector<int32_t>> arrays() const;

  const RowSet &rows;
  RequantizeSpec spec;
  Form form;
  bool inWords = false; ///< fixed point without 64-bit lanes
  /// In words: whether any channel shifts so, and whether only some of them shift right.
  bool shiftsLeft = false, shiftsRight = false, someStay = false;
};

/// f32(f32(acc) * scale): a last layer with an f32 result. `scale` is f32 of the width of `acc`.
mlir::Value emitFloatResult(Emitter &emit, mlir::Value acc, mlir::Value scale);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_REQUANTIZEBUILDER_H

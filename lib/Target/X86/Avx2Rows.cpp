// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of AVX2, which has no dot of bytes: exact ways through sums of pairs.
#include "Ymm.h"
#include "qopt/Target/X86/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::x86 {
namespace {

Value multiplyWords(Emitter &emit, Value a, Value b) {
  return intrinsic(emit, "llvm.x86.avx2.pmadd.wd", emit.intType(32, kYmmLanes), {a, b});
}

/// a·w = |a|·(w with the sign of a), and |a| is what vpmaddubsw wants: an unsigned byte. Its sums
/// of two products saturate at 32767, which 2·128·127 does not reach: exact for every activation,
/// if no weight is -128. Weights stay bytes, and activations cost one instruction more than a load.
class SignDotRow : public YmmDotRow {
public:
  llvm::StringRef getName() const override { return "vpmaddubsw256"; }
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  bool needsNarrowWeights() const override { return true; }

  /// A dot is four instructions of which only the last one waits for the accumulator. Beside
  /// accumulators and weights there are a pixel, its absolute values, a product and ones.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 15, budget.activationRegisters = 3, budget.dotsInFlight = 2;
    budget.maxVectors = 3, budget.weightLoadCost = 0.5, budget.activationCost = 2;
    budget.tileOverhead = 15, budget.prefetchTiles = 16;
    return budget;
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    Type bytes = weights.getType(), words = emit.intType(16, 2 * kYmmLanes);
    Value absolute = LLVM::AbsOp::create(emit.builder, emit.loc, bytes, activation,
                                         /*is_int_min_poison=*/false);
    Value turned = intrinsic(emit, "llvm.x86.avx2.psign.b", bytes, {weights, activation});
    Value pairs = intrinsic(emit, "llvm.x86.avx2.pmadd.ub.sw", words, {absolute, turned});
    return emit.add(accumulator, multiplyWords(emit, pairs, emit.integer(words, 1)));
  }
};

/// For weights of -128: bytes at even and odd places become words, on both sides.
class WideDotRow : public YmmDotRow {
public:
  llvm::StringRef getName() const override { return "vpmaddwd256"; }
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 15, budget.activationRegisters = 3, budget.dotsInFlight = 2;
    budget.maxVectors = 2, budget.weightLoadCost = 1, budget.activationCost = 1;
    budget.tileOverhead = 15, budget.prefetchTiles = 16;
    return budget;
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    Value even = multiplyWords(emit, evenWords(emit, weights), evenWords(emit, activation));
    Value odd = multiplyWords(emit, oddWords(emit, weights), oddWords(emit, activation));
    return emit.add(emit.add(accumulator, even), odd);
  }

private:
  static Value oddWords(Emitter &emit, Value bytes) {
    Value words = recast(emit, bytes, 16);
    return emit.shiftRight(words, emit.integer(words.getType(), 8));
  }
  static Value evenWords(Emitter &emit, Value bytes) {
    Value words = recast(emit, bytes, 16), eight = emit.integer(words.getType(), 8);
    return emit.shiftRight(arith::ShLIOp::create(emit.builder, emit.loc, words, eight), eight);
  }
};

class Avx2RowSet : public YmmRowSet {
public:
  llvm::StringRef getName() const override { return "x86-avx2"; }
  bool isFlippedAtRest() const override { return false; }
  const DotRow &getDotRow() const override { return signRow; }
  const DotRow &getWideDotRow() const override { return wideRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

private:
  SignDotRow signRow;
  WideDotRow wideRow;
  YmmQuadRow quadRow{signRow};
};

} // namespace

const RowSet &getAvx2RowSet() {
  static const Avx2RowSet rows;
  return rows;
}

} // namespace qopt::x86

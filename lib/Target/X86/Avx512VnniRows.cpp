// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of AVX512-VNNI: vpdpbusd on 16 lanes.
#include "Parts.h"
#include "qopt/Target/X86/Rows.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::x86 {
namespace {

constexpr int64_t kLanes = 16, kBytes = 64;

const Parts parts(kBytes);

/// Unsigned bytes times signed bytes.
Value vpdpbusd(Emitter &emit, Value accumulator, Value unsignedBytes, Value signedBytes) {
  return intrinsic(emit, "llvm.x86.avx512.vpdpbusd.512", accumulator.getType(),
                   {accumulator, unsignedBytes, signedBytes});
}

class VnniDotRow : public DotRow {
public:
  llvm::StringRef getName() const override { return "vpdpbusd512"; }
  DotShape getShape() const override { return {1, kLanes, 4}; }
  bool acceptsActivations(bool flipped) const override { return flipped; }

  /// 32 registers hold the accumulators, the weights of a step and a broadcast word. Two dots a
  /// cycle at a latency of four or five; two loads a cycle, weights at half of that. Requantizing
  /// takes other ports than the dots of the next tile do, as long as those are within reach of
  /// execution out of order: small tiles where there are few steps. Measured layer by layer.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 32, budget.dotsInFlight = 10, budget.maxVectors = 8;
    budget.weightLoadCost = 2, budget.activationCost = 1, budget.loadShare = 0.2;
    budget.nearPanelBytes = 12 << 10, budget.farWeightCost = 1;
    budget.tileOverhead = 20, budget.storeCost = 0.25;
    budget.hiddenResults = 16, budget.exposedCost = 3.3;
    budget.prefetchTiles = 16, budget.nearBytes = 1 << 17, budget.sharesColumns = true;
    return budget;
  }

  bool takesAnyAddress() const override { return true; }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    Value word = emit.load(emit.intType(32), pixels.front());
    return recast(emit, emit.broadcast(word, kLanes), 8);
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(8, kBytes), pointer, kBytes);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return vpdpbusd(emit, accumulator, activation, weights);
  }
};

/// Unpacking works within 128-bit parts, and so does packing: the orders cancel.
class VnniQuadRow : public QuadRow {
public:
  int64_t getBlockChannels() const override { return kBytes; }
  bool gathersPixels() const override { return true; }
  bool takesParts() const override { return true; }
  bool acceptsActivations(bool flipped) const override { return flipped; }

  SmallVector<Value, 4> interleave(Emitter &emit, ArrayRef<Value> rows) const override {
    return parts.interleave(emit, rows);
  }
  int64_t getChannel(int64_t vector, int64_t lane) const override {
    return Parts::getByte(vector, lane);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activations) const override {
    return vpdpbusd(emit, accumulator, activations, weights);
  }
  Value narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const override {
    return parts.pack(emit, values, zero, isUnsigned);
  }
};

class Avx512VnniRowSet : public RowSet {
public:
  llvm::StringRef getName() const override { return "x86-avx512vnni"; }
  int64_t getLanes() const override { return kLanes; }
  bool isFlippedAtRest() const override { return true; }
  const DotRow &getDotRow() const override { return dotRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

  /// cvtps2dq in the rounding mode that the ABI asks of the caller: to nearest, ties to even.
  Value roundToInt(OpBuilder &builder, Location loc, Value floats) const override {
    return LLVM::LrintOp::create(builder, loc, Emitter::withElement(floats, builder.getI32Type()),
                                 floats);
  }
  double getRoundingLimit() const override { return 2147483648.0; }

  int64_t getNarrowGroup() const override { return 4; }
  Value prepareZero(Emitter &emit, Value zero) const override {
    return parts.prepareZero(emit, zero);
  }
  /// One permutation puts the four inputs one after the other.
  Value narrow(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const override {
    return parts.packInOrder(emit, values, zero, isUnsigned);
  }

private:
  VnniDotRow dotRow;
  VnniQuadRow quadRow;
};

} // namespace

const RowSet &getAvx512VnniRowSet() {
  static const Avx512VnniRowSet rows;
  return rows;
}

} // namespace qopt::x86

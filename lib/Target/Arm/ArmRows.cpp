// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of 64-bit Arm: sdot and smmla on 128-bit vectors.
#include "qopt/Target/Arm/Rows.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::arm {
namespace {

constexpr int64_t kLanes = 4, kBytes = 16;

Value intrinsic(Emitter &emit, llvm::StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(emit.builder, emit.loc, type,
                                       emit.builder.getStringAttr(name), operands)
      .getResult(0);
}

Value bitcast(Emitter &emit, Value value, unsigned bits, int64_t width) {
  return vector::BitCastOp::create(
      emit.builder, emit.loc, VectorType::get({width}, emit.builder.getIntegerType(bits)), value);
}

Value shuffle(Emitter &emit, Value a, Value b, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(emit.builder, emit.loc, a, b, mask);
}

/// What both rows share.
class ArmDotRow : public DotRow {
public:
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(8, kBytes), pointer, kBytes);
  }
};

/// One load of a pixel serves four dots, which take their word of it by lane.
class SdotRow : public ArmDotRow {
public:
  llvm::StringRef getName() const override { return "sdot"; }
  DotShape getShape() const override { return {1, kLanes, 4}; }
  int64_t getStepBytes() const override { return kBytes; }

  /// Two dots a cycle at a latency of three or four.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 32, budget.dotsInFlight = 8, budget.maxVectors = 4;
    return budget;
  }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    return emit.load(emit.intType(8, kBytes), pixels.front());
  }
  Value selectActivation(Emitter &emit, Value operand, int64_t part) const override {
    Value words = bitcast(emit, operand, 32, kLanes);
    SmallVector<int64_t> mask(kLanes, part);
    return bitcast(emit, shuffle(emit, words, words, mask), 8, kBytes);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return intrinsic(emit, "llvm.aarch64.neon.sdot", accumulator.getType(),
                     {accumulator, weights, activation});
  }
};

/// A pair of pixels by a pair of channels, eight products each.
class SmmlaRow : public ArmDotRow {
public:
  llvm::StringRef getName() const override { return "smmla"; }
  DotShape getShape() const override { return {2, 2, 8}; }

  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 32, budget.dotsInFlight = 8, budget.maxVectors = 4;
    return budget;
  }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    Value first = emit.broadcast(emit.load(emit.intType(64), pixels[0]), 2);
    Value second = emit.broadcast(emit.load(emit.intType(64), pixels[1]), 2);
    return bitcast(emit, shuffle(emit, first, second, {0, 2}), 8, kBytes);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return intrinsic(emit, "llvm.aarch64.neon.smmla", accumulator.getType(),
                     {accumulator, activation, weights});
  }
  /// Two blocks side by side hold four channels of each pixel.
  void unpackAccumulators(Emitter &emit, ArrayRef<Value> accumulators,
                          SmallVectorImpl<SmallVector<Value>> &pixels) const override {
    for (int64_t pixel = 0; pixel < 2; ++pixel) {
      SmallVector<Value> vectors;
      for (size_t block = 0; block < accumulators.size(); block += 2)
        vectors.push_back(shuffle(emit, accumulators[block], accumulators[block + 1],
                                  {2 * pixel, 2 * pixel + 1, 4 + 2 * pixel, 5 + 2 * pixel}));
      pixels.push_back(std::move(vectors));
    }
  }
};

template <typename Row> class ArmRowSet : public RowSet {
public:
  explicit ArmRowSet(llvm::StringRef name) : name(name) {}

  llvm::StringRef getName() const override { return name; }
  int64_t getLanes() const override { return kLanes; }
  bool isFlippedAtRest() const override { return false; }
  const DotRow &getDotRow() const override { return dotRow; }

  Value roundToInt(OpBuilder &builder, Location loc, Value floats) const override {
    Value rounded = math::RoundEvenOp::create(builder, loc, floats);
    return arith::FPToSIOp::create(builder, loc, Emitter::withElement(floats, builder.getI32Type()),
                                   rounded);
  }
  double getRoundingLimit() const override { return 2147483648.0; }

private:
  llvm::StringRef name;
  Row dotRow;
};

/// Scalar, so far.
class NeonRowSet : public RowSet {
public:
  llvm::StringRef getName() const override { return "arm-neon"; }
  int64_t getLanes() const override { return 1; }
  bool isFlippedAtRest() const override { return false; }
  const DotRow &getDotRow() const override { return getGenericDotRow(); }
};

} // namespace

const RowSet &getNeonRowSet() {
  static const NeonRowSet rows;
  return rows;
}

const RowSet &getDotprodRowSet() {
  static const ArmRowSet<SdotRow> rows("arm-dotprod");
  return rows;
}

const RowSet &getI8mmRowSet() {
  static const ArmRowSet<SmmlaRow> rows("arm-i8mm");
  return rows;
}

} // namespace qopt::arm

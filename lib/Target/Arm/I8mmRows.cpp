// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of machines with smmla: two pixels by two channels, eight products.
#include "Dotprod.h"
#include "qopt/Target/Arm/Rows.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::arm {
namespace {

/// Accumulators stay 2x2 blocks through the whole reduction.
class SmmlaRow : public ArmDotRow {
public:
  llvm::StringRef getName() const override { return "smmla"; }
  DotShape getShape() const override { return {2, 2, 8}; }

  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 32, budget.dotsInFlight = 12, budget.maxVectors = 6;
    budget.weightLoadCost = budget.packedCost = 0.5, budget.activationCost = 3;
    budget.loadShare = 1, budget.tileOverhead = 20, budget.storeCost = 4, budget.unroll = 4;
    budget.inlineSteps = 1;
    return budget;
  }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    Value first = emit.broadcast(emit.load(emit.intType(64), pixels[0]), 2);
    Value second = emit.broadcast(emit.load(emit.intType(64), pixels[1]), 2);
    return recast(emit, shuffle(emit, first, second, {0, 2}), 8);
  }
  SmallVector<Value, 2> loadTwoSteps(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    Type words = emit.intType(64, 2);
    Value first = emit.load(words, pixels[0]), second = emit.load(words, pixels[1]);
    return {recast(emit, shuffle(emit, first, second, {0, 2}), 8),
            recast(emit, shuffle(emit, first, second, {1, 3}), 8)};
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

class I8mmRowSet : public ArmRowSet {
public:
  llvm::StringRef getName() const override { return "arm-i8mm"; }
  const DotRow &getDotRow() const override { return dotRow; }
  const DotRow &getShallowDotRow() const override { return wordRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

private:
  SmmlaRow dotRow;
  SdotWordRow wordRow;
  ArmQuadRow quadRow{wordRow};
};

} // namespace

const RowSet &getI8mmRowSet() {
  static const I8mmRowSet rows;
  return rows;
}

} // namespace qopt::arm

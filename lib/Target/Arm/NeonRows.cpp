// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of every 64-bit Arm machine: products of bytes are 16-bit words, sums 32-bit ones.
#include "qopt/Target/Arm/Rows.h"

#include "Vectors.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::arm {
namespace {

Value multiply(Emitter &emit, Value a, Value b) {
  return intrinsic(emit, "llvm.aarch64.neon.smull", emit.intType(16, 8), {a, b});
}

/// Neighbours, one longer sum each.
Value addPairs(Emitter &emit, Value words) {
  return intrinsic(emit, "llvm.aarch64.neon.saddlp", emit.intType(32, kLanes), words);
}

/// The sums of neighbours of `a`, then those of `b`.
Value addNeighbours(Emitter &emit, Value a, Value b) {
  return intrinsic(emit, "llvm.aarch64.neon.addp", a.getType(), {a, b});
}

//===----------------------------------------------------------------------===//
// Sixteen products of one pixel and one channel
//===----------------------------------------------------------------------===//

/// The four lanes of an accumulator are partial sums: weights and activations both are read as they
/// lie, and nothing is broadcast.
class ProductRow : public ArmDotRow {
public:
  DotShape getShape() const override { return {1, 1, kBytes, kLanes}; }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    return emit.load(emit.intType(8, kBytes), pixels.front());
  }
  void unpackAccumulators(Emitter &emit, ArrayRef<Value> accumulators,
                          SmallVectorImpl<SmallVector<Value>> &pixels) const override {
    SmallVector<Value> vectors;
    for (size_t i = 0; i < accumulators.size(); i += kLanes) {
      Value lower = addNeighbours(emit, accumulators[i], accumulators[i + 1]);
      Value upper = addNeighbours(emit, accumulators[i + 2], accumulators[i + 3]);
      vectors.push_back(addNeighbours(emit, lower, upper));
    }
    pixels.push_back(std::move(vectors));
  }

protected:
  /// Of `instructions` that one dot takes; the scheduler wants some registers for products, or it
  /// spills accumulators.
  static TileBudget budgetOf(int64_t instructions) {
    TileBudget budget;
    budget.registers = 24, budget.dotsInFlight = 2, budget.maxVectors = 2;
    budget.unroll = 2;
    budget.weightLoadCost = 0.5 / instructions, budget.activationCost = 1.0 / instructions;
    budget.loadShare = 1, budget.tileOverhead = 10, budget.storeCost = 1, budget.inlineSteps = 1;
    return budget;
  }
};

/// Two products fit 16 bits, because no weight is -128: 2·128·127 = 32512.
class NarrowProductRow : public ProductRow {
public:
  llvm::StringRef getName() const override { return "smlal"; }
  bool needsNarrowWeights() const override { return true; }
  TileBudget getBudget() const override { return budgetOf(3); }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    Value lower = multiply(emit, half(emit, weights, false), half(emit, activation, false));
    Value upper = multiply(emit, half(emit, weights, true), half(emit, activation, true));
    return emit.add(accumulator, addPairs(emit, emit.add(lower, upper)));
  }
};

/// For weights of -128.
class WideProductRow : public ProductRow {
public:
  llvm::StringRef getName() const override { return "smull"; }
  TileBudget getBudget() const override { return budgetOf(4); }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    for (bool upper : {false, true}) {
      Value words = multiply(emit, half(emit, weights, upper), half(emit, activation, upper));
      accumulator = emit.add(accumulator, addPairs(emit, words));
    }
    return accumulator;
  }
};

//===----------------------------------------------------------------------===//
// Four channels by four products
//===----------------------------------------------------------------------===//

/// For pixels of few channels and for depthwise convolutions.
class WordRow : public ArmDotRow {
public:
  DotShape getShape() const override { return {1, kLanes, 4}; }
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 25, budget.dotsInFlight = 3, budget.maxVectors = 4;
    budget.weightLoadCost = budget.activationCost = 0.5;
    budget.loadShare = 1, budget.tileOverhead = 10, budget.storeCost = 1, budget.inlineSteps = 1;
    return budget;
  }
  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    return recast(emit, emit.broadcast(emit.load(emit.intType(32), pixels.front()), kLanes), 8);
  }
};

class NarrowWordRow : public WordRow {
public:
  llvm::StringRef getName() const override { return "smullw"; }
  bool needsNarrowWeights() const override { return true; }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    Value lower = multiply(emit, half(emit, weights, false), half(emit, activation, false));
    Value upper = multiply(emit, half(emit, weights, true), half(emit, activation, true));
    return emit.add(accumulator, addPairs(emit, addNeighbours(emit, lower, upper)));
  }
};

class WideWordRow : public WordRow {
public:
  llvm::StringRef getName() const override { return "smullq"; }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    Value lower = multiply(emit, half(emit, weights, false), half(emit, activation, false));
    Value upper = multiply(emit, half(emit, weights, true), half(emit, activation, true));
    return emit.add(accumulator, addNeighbours(emit, addPairs(emit, lower), addPairs(emit, upper)));
  }
};

class NeonRowSet : public ArmRowSet {
public:
  llvm::StringRef getName() const override { return "arm-neon"; }
  const DotRow &getDotRow() const override { return narrowRow; }
  const DotRow &getWideDotRow() const override { return wideRow; }
  const DotRow &getShallowDotRow() const override { return wordRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

private:
  NarrowProductRow narrowRow;
  WideProductRow wideRow;
  WideWordRow wordRow;
  NarrowWordRow narrowWordRow;
  ArmQuadRow quadRow{narrowWordRow};
};

} // namespace

const RowSet &getNeonRowSet() {
  static const NeonRowSet rows;
  return rows;
}

} // namespace qopt::arm

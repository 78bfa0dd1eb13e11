// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of machines with sdot: four channels by four products, a word of a pixel taken by lane.
#include "Dotprod.h"
#include "qopt/Target/Arm/Rows.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::arm {

/// Two to four dots a cycle at a latency of three or four.
TileBudget SdotRow::getBudget() const {
  TileBudget budget;
  budget.registers = 32, budget.dotsInFlight = 12, budget.maxVectors = 4;
  budget.weightLoadCost = 0.5, budget.activationCost = 1, budget.loadShare = 1;
  budget.tileOverhead = 20, budget.storeCost = 4, budget.unroll = 2;
  // In line, weights would be hoisted out of the loop over tiles, to the stack.
  budget.inlineSteps = 1;
  return budget;
}

Value SdotRow::loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const {
  return emit.load(emit.intType(8, kBytes), pixels.front());
}

Value SdotRow::selectActivation(Emitter &emit, Value operand, int64_t part) const {
  Value words = recast(emit, operand, 32);
  SmallVector<int64_t> mask(kLanes, part);
  return recast(emit, shuffle(emit, words, words, mask), 8);
}

Value SdotRow::dot(Emitter &emit, Value accumulator, Value weights, Value activation) const {
  return intrinsic(emit, "llvm.aarch64.neon.sdot", accumulator.getType(),
                   {accumulator, weights, activation});
}

/// A load that broadcasts takes an address of its own.
TileBudget SdotWordRow::getBudget() const {
  TileBudget budget = SdotRow::getBudget();
  budget.activationCost = 2, budget.unroll = 1;
  return budget;
}

Value SdotWordRow::loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const {
  return recast(emit, emit.broadcast(emit.load(emit.intType(32), pixels.front()), kLanes), 8);
}

namespace {

class DotprodRowSet : public ArmRowSet {
public:
  llvm::StringRef getName() const override { return "arm-dotprod"; }
  const DotRow &getDotRow() const override { return dotRow; }
  const DotRow &getShallowDotRow() const override { return wordRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

private:
  SdotRow dotRow;
  SdotWordRow wordRow;
  ArmQuadRow quadRow{dotRow};
};

} // namespace

const RowSet &getDotprodRowSet() {
  static const DotprodRowSet rows;
  return rows;
}

} // namespace qopt::arm

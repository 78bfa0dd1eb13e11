// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scalar row: one product at a time, legal on every machine, for every shape.
#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

using namespace mlir;

namespace qopt::codegen {
namespace {

class GenericDotRow : public DotRow {
public:
  llvm::StringRef getName() const override { return "generic"; }
  DotShape getShape() const override { return {1, 1, 1}; }
  bool acceptsActivations(bool) const override { return true; }

  /// A scalar machine has 16 registers or more; two hold addresses.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 14, budget.dotsInFlight = 3, budget.maxVectors = 4;
    return budget;
  }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool flipped) const override {
    return emit.extend(emit.load(emit.intType(8), pixels.front()), 32, !flipped);
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.extend(emit.load(emit.intType(8), pointer), 32);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return emit.add(accumulator, emit.mul(weights, activation));
  }
};

class GenericRowSet : public RowSet {
public:
  llvm::StringRef getName() const override { return "generic"; }
  int64_t getLanes() const override { return 1; }
  bool isFlippedAtRest() const override { return false; }
  const DotRow &getDotRow() const override { return getGenericDotRow(); }
};

} // namespace

const DotRow &getGenericDotRow() {
  static const GenericDotRow row;
  return row;
}

const RowSet &getGenericRowSet() {
  static const GenericRowSet rows;
  return rows;
}

} // namespace qopt::codegen

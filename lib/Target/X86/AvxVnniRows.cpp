// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of AVX-VNNI: vpdpbusd on eight lanes, sixteen registers.
#include "Ymm.h"
#include "qopt/Target/X86/Rows.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::x86 {
namespace {

class AvxVnniDotRow : public YmmDotRow {
public:
  llvm::StringRef getName() const override { return "vpdpbusd256"; }
  bool acceptsActivations(bool flipped) const override { return flipped; }

  /// Two dots a cycle at a latency of four or five, two loads a cycle.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 15, budget.dotsInFlight = 10, budget.maxVectors = 3;
    budget.weightLoadCost = 1, budget.activationCost = 1, budget.tileOverhead = 30;
    budget.prefetchTiles = 16;
    return budget;
  }
  /// Unsigned bytes times signed bytes.
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return intrinsic(emit, "llvm.x86.avx512.vpdpbusd.256", accumulator.getType(),
                     {accumulator, activation, weights});
  }
};

class AvxVnniRowSet : public YmmRowSet {
public:
  llvm::StringRef getName() const override { return "x86-avxvnni"; }
  bool isFlippedAtRest() const override { return true; }
  const DotRow &getDotRow() const override { return dotRow; }
  const QuadRow *getQuadRow() const override { return &quadRow; }

private:
  AvxVnniDotRow dotRow;
  YmmQuadRow quadRow{dotRow};
};

} // namespace

const RowSet &getAvxVnniRowSet() {
  static const AvxVnniRowSet rows;
  return rows;
}

} // namespace qopt::x86

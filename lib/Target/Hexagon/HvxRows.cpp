// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The row of HVX: vrmpyub with weights in the vector and a word of a pixel in a scalar register.
#include "qopt/Target/Hexagon/Rows.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::hexagon {
namespace {

constexpr int64_t kLanes = 32, kBytes = 128;

Value intrinsic(Emitter &emit, llvm::StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(emit.builder, emit.loc, type,
                                       emit.builder.getStringAttr(name), operands)
      .getResult(0);
}

class VrmpyDotRow : public DotRow {
public:
  llvm::StringRef getName() const override { return "vrmpyub"; }
  DotShape getShape() const override { return {1, kLanes, 4}; }
  bool acceptsActivations(bool flipped) const override { return flipped; }
  int32_t getWeightOffset() const override { return 128; }

  /// Activations are scalar registers; at most 28 vectors of accumulators and weights stay clear of
  /// the spills that the instruction scheduler makes otherwise.
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 30, budget.activationRegisters = 0;
    budget.dotsInFlight = 8, budget.maxVectors = 4;
    budget.activationCost = 1, budget.pixelOverhead = 40;
    budget.unroll = 4; // the first loads of a trip have nothing to run beside them
    return budget;
  }

  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    return emit.load(emit.intType(32), pixels.front(), 4);
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(32, kLanes), pointer, kBytes);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    return vrmpy(emit, accumulator, weights, activation);
  }

  /// Vectors of bytes against ones, then five rotations that leave the sum in every lane.
  Value sumActivations(Emitter &emit, Value pixel, int64_t bytes, Value sum) const override {
    if (bytes % kBytes != 0)
      return {};
    Type vector = emit.intType(32, kLanes);
    Value ones = emit.integer(emit.intType(32), 0x01010101), partial = emit.integer(vector, 0);
    for (int64_t offset = 0; offset < bytes; offset += kBytes)
      partial = vrmpy(emit, partial, emit.load(vector, emit.address(pixel, offset)), ones);
    for (int64_t distance = kBytes / 2; distance >= 4; distance /= 2) {
      Value turned = intrinsic(emit, "llvm.hexagon.V6.vror.128B", vector,
                               {partial, emit.integer(emit.intType(32), distance)});
      partial = emit.add(partial, turned);
    }
    return emit.add(sum, partial);
  }

private:
  static Value vrmpy(Emitter &emit, Value accumulator, Value vector, Value word) {
    return intrinsic(emit, "llvm.hexagon.V6.vrmpyub.acc.128B", accumulator.getType(),
                     {accumulator, vector, word});
  }
};

class HvxRowSet : public RowSet {
public:
  llvm::StringRef getName() const override { return "hexagon-hvx"; }
  int64_t getLanes() const override { return kLanes; }
  int64_t getElementLanes() const override { return 1; }
  int64_t getFloatLanes() const override { return 1; }
  int64_t getAlignment() const override { return kBytes; }
  bool isFlippedAtRest() const override { return true; }
  const DotRow &getDotRow() const override { return dotRow; }

private:
  VrmpyDotRow dotRow;
};

} // namespace

const RowSet &getHvxRowSet() {
  static const HvxRowSet rows;
  return rows;
}

} // namespace qopt::hexagon

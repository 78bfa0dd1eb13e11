// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of machines that do not exist, in stock vector operations: shapes and signs that this
// machine's own rows do not have.
#include "DotLayerTester.h"

#include "qopt/Codegen/DotRow.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qopt::codegen;
using namespace qopt::test;

namespace {

Value shuffle(Emitter &emit, Value vector, llvm::function_ref<int64_t(int64_t)> from,
              int64_t width) {
  SmallVector<int64_t> mask;
  for (int64_t i = 0; i < width; ++i)
    mask.push_back(from(i));
  return vector::ShuffleOp::create(emit.builder, emit.loc, vector, vector, mask);
}

/// Adds neighbours until `width` sums are left.
Value sumNeighbours(Emitter &emit, Value values, int64_t width) {
  for (int64_t left = Emitter::widthOf(values) / 2; left >= width; left /= 2)
    values = emit.add(shuffle(
                          emit, values, [](int64_t i) { return 2 * i; }, left),
                      shuffle(emit, values, [](int64_t i) { return 2 * i + 1; }, left));
  return values;
}

/// Two pixels by two channels by eight products, signed; 2x2 blocks.
struct BlockRow : DotRow {
  llvm::StringRef getName() const override { return "toy_block"; }
  DotShape getShape() const override { return {2, 2, 8}; }
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 20, budget.maxVectors = 2;
    return budget;
  }
  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    Value first = emit.load(emit.intType(8, 8), pixels[0]);
    Value second = emit.load(emit.intType(8, 8), pixels[1]);
    SmallVector<int64_t> mask = llvm::to_vector(llvm::seq<int64_t>(0, 16));
    return vector::ShuffleOp::create(emit.builder, emit.loc, first, second, mask);
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(8, 16), pointer, 16);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    auto pixel = [](int64_t i) { return i / 16 * 8 + i % 8; };
    Value a = emit.extend(shuffle(emit, activation, pixel, 32), 32);
    Value w = emit.extend(shuffle(emit, weights, [](int64_t i) { return i % 16; }, 32), 32);
    return emit.add(accumulator, sumNeighbours(emit, emit.mul(a, w), 4));
  }
  void unpackAccumulators(Emitter &emit, ArrayRef<Value> blocks,
                          SmallVectorImpl<SmallVector<Value>> &pixels) const override {
    for (int64_t pixel : {0, 1}) {
      SmallVector<Value> vectors;
      for (size_t i = 0; i < blocks.size(); i += 2)
        vectors.push_back(vector::ShuffleOp::create(
            emit.builder, emit.loc, blocks[i], blocks[i + 1],
            ArrayRef<int64_t>{2 * pixel, 2 * pixel + 1, 4 + 2 * pixel, 5 + 2 * pixel}));
      pixels.push_back(vectors);
    }
  }
};

/// Unsigned on both sides; two dots share the load of a pixel.
struct OffsetRow : DotRow {
  llvm::StringRef getName() const override { return "toy_offset"; }
  DotShape getShape() const override { return {1, 4, 4}; }
  int64_t getStepBytes() const override { return 8; }
  bool acceptsActivations(bool flipped) const override { return flipped; }
  int32_t getWeightOffset() const override { return 128; }
  TileBudget getBudget() const override {
    TileBudget budget;
    budget.registers = 24, budget.unroll = 2;
    return budget;
  }
  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    return emit.load(emit.intType(8, 8), pixels.front());
  }
  Value selectActivation(Emitter &emit, Value operand, int64_t part) const override {
    return shuffle(emit, operand, [&](int64_t i) { return 4 * part + i % 4; }, 16);
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(8, 16), pointer, 16);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    Value products = emit.mul(emit.extend(weights, 32, false), emit.extend(activation, 32, false));
    return emit.add(accumulator, sumNeighbours(emit, products, 4));
  }
};

template <typename Row> struct ToyRowSet : RowSet {
  explicit ToyRowSet(bool flipped) : flipped(flipped) {}
  llvm::StringRef getName() const override { return "toy"; }
  int64_t getLanes() const override { return 4; }
  bool isFlippedAtRest() const override { return flipped; }
  const DotRow &getDotRow() const override { return row; }
  Row row;
  bool flipped;
};

void check(const LayerCase &layerCase) {
  EXPECT_EQ(checkLayer(ToyRowSet<BlockRow>(false), layerCase, 1), "") << "blocks";
  EXPECT_EQ(checkLayer(ToyRowSet<OffsetRow>(true), layerCase, 1), "") << "offset";
}

TEST(ToyRows, OddPixelsAndChannels) {
  for (int64_t width : {1, 2, 5, 9})
    for (int64_t oc : {3, 8, 13}) {
      LayerCase c;
      c.w = width, c.c = 21, c.oc = oc, c.pixelMultiple = 8;
      check(c);
    }
}

TEST(ToyRows, Windows) {
  for (int64_t channels : {3, 8, 16}) {
    LayerCase c;
    c.h = 5, c.w = 6, c.kernel = 3, c.pad = 1, c.c = channels, c.oc = 10, c.pixelMultiple = 8;
    check(c);
    c.stride = 2, c.weightZero = 17;
    check(c);
  }
}

TEST(ToyRows, Results) {
  LayerCase c;
  c.h = 3, c.w = 3, c.c = 8, c.oc = 10, c.residual = true, c.pixelMultiple = 8;
  check(c);
  c.residual = false, c.floatResult = true;
  check(c);
}

} // namespace

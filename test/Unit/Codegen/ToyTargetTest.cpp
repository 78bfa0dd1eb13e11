// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A whole machine in one page (docs/AddingATarget.md walks through it): vectors of four lanes and a
// dot of pairs. A network runs through it and gives the reference's bytes under every contract.
#include "NetworkTester.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qopt::codegen;

namespace {

/// Four channels, two products each.
struct PairRow : DotRow {
  llvm::StringRef getName() const override { return "toy_pair"; }
  DotShape getShape() const override { return {1, 4, 2}; }
  bool acceptsActivations(bool flipped) const override { return !flipped; }
  TileBudget getBudget() const override { return {}; }
  Value loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const override {
    return emit.load(emit.intType(8, 2), pixels.front());
  }
  Value loadWeights(Emitter &emit, Value pointer) const override {
    return emit.load(emit.intType(8, 8), pointer, 8);
  }
  Value dot(Emitter &emit, Value accumulator, Value weights, Value activation) const override {
    for (int64_t product : {0, 1}) {
      Value w = pick(emit, weights, {product, 2 + product, 4 + product, 6 + product});
      Value a = pick(emit, activation, {product, product, product, product});
      accumulator = emit.add(accumulator, emit.mul(w, a));
    }
    return accumulator;
  }
  static Value pick(Emitter &emit, Value bytes, ArrayRef<int64_t> mask) {
    Value picked = vector::ShuffleOp::create(emit.builder, emit.loc, bytes, bytes, mask);
    return emit.extend(picked, 32);
  }
};

struct ToyRowSet : RowSet {
  llvm::StringRef getName() const override { return "toy"; }
  int64_t getLanes() const override { return 4; }
  bool isFlippedAtRest() const override { return false; }
  const DotRow &getDotRow() const override { return row; }
  PairRow row;
};

constexpr const char *kNetwork = R"mlir(
!x = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.0078125>
func.func @net(%image: tensor<1x7x6x3xf32>) -> (tensor<1x5xf32>, tensor<1x4x3x9x!x>) CONTRACT {
  %w0 = qopt.constant dense_resource<weights> : tensor<9x3x3x3x!w>
  %w1 = qopt.constant dense_resource<window> : tensor<3x3x9x!w>
  %w2 = qopt.constant dense_resource<last> : tensor<5x9x!w>
  %0 = qopt.quantize %image : (tensor<1x7x6x3xf32>) -> tensor<1x7x6x3x!x>
  %1 = qopt.conv2d %0, %w0 {pads = array<i64: 1, 1, 1, 1>, clamp_min = array<f32: 0.0>}
       : (tensor<1x7x6x3x!x>, tensor<9x3x3x3x!w>) -> tensor<1x7x6x9x!x>
  %2 = qopt.depthwise_conv2d %1, %w1 {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
       : (tensor<1x7x6x9x!x>, tensor<3x3x9x!w>) -> tensor<1x4x3x9x!x>
  %3 = qopt.reduce_mean %2 {axes = array<i64: 1, 2>} : (tensor<1x4x3x9x!x>) -> tensor<1x9x!x>
  %4 = qopt.matmul %3, %w2 : (tensor<1x9x!x>, tensor<5x9x!w>) -> tensor<1x5xf32>
  return %4, %2 : tensor<1x5xf32>, tensor<1x4x3x9x!x>
}
)mlir";

std::string makeWeights(int count) {
  std::string bytes("\x01\0\0\0", 4);
  for (int i = 0; i < count; ++i)
    bytes += static_cast<char>((i * 29 + count) % 95 - 47);
  return "\"0x" + llvm::toHex(bytes) + "\"";
}

TEST(ToyTarget, NetworkGivesTheReferencesBytes) {
  std::string resources = "{-# dialect_resources: { builtin: {weights: " + makeWeights(243) +
                          ", window: " + makeWeights(81) + ", last: " + makeWeights(45) + "} } #-}";
  qopt::test::expectRowSetEqualsReference(ToyRowSet(), kNetwork + resources);
}

} // namespace

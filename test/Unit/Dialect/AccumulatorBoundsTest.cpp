// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bounds against the worst case found by trying both ends of the storage for every tap.
#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qopt;

namespace {

struct AccumulatorBoundsTest : public testing::Test {
  AccumulatorBoundsTest() {
    context.loadDialect<QOptDialect, func::FuncDialect, quant::QuantDialect>();
  }

  /// The bound of the only op with one in `body`.
  std::optional<uint64_t> getBound(StringRef body) {
    auto module = parseSourceString<ModuleOp>(body, &context);
    if (!module)
      return std::nullopt;
    std::optional<uint64_t> bound;
    module->walk([&](AccumulatorOpInterface op) { bound = op.getAccumulatorBound(); });
    return bound;
  }

  MLIRContext context;
};

// Storage -128..127 with zero point -3: q - z lies in -125..130.
// Channel 0: weights 1, -2, bias 10: highest 130 + 250 + 10, lowest -125 - 260 + 10.
// Channel 1: weights 127, 127, bias -5: highest 33020 - 5, lowest -31750 - 5.
TEST_F(AccumulatorBoundsTest, Matmul) {
  EXPECT_EQ(getBound(R"mlir(
    !x = !quant.uniform<i8:f32, 0.5:-3>
    !w = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>
    func.func @f(%x: tensor<1x2x!x>) -> tensor<1x2xf32> {
      %w = qopt.constant dense_resource<w> : tensor<2x2x!w>
      %b = qopt.constant dense<[10, -5]> : tensor<2xi32>
      %y = qopt.matmul %x, %w bias %b
         : (tensor<1x2x!x>, tensor<2x2x!w>, tensor<2xi32>) -> tensor<1x2xf32>
      return %y : tensor<1x2xf32>
    }
    {-# dialect_resources: { builtin: { w: "0x1000000001FE7F7F" } } #-})mlir"),
            33015u);
}

// The last dimension of depthwise weights is the channel: {1, 3} sum to 4 taps of at most 128.
TEST_F(AccumulatorBoundsTest, Depthwise) {
  EXPECT_EQ(getBound(R"mlir(
    !x = !quant.uniform<i8:f32, 0.5>
    func.func @f(%x: tensor<1x2x1x2x!x>) -> tensor<1x1x1x2xf32> {
      %w = qopt.constant dense_resource<d> : tensor<2x1x2x!x>
      %y = qopt.depthwise_conv2d %x, %w
         : (tensor<1x2x1x2x!x>, tensor<2x1x2x!x>) -> tensor<1x1x1x2xf32>
      return %y : tensor<1x1x1x2xf32>
    }
    {-# dialect_resources: { builtin: { d: "0x1000000001020302" } } #-})mlir"),
            512u);
}

TEST_F(AccumulatorBoundsTest, PoolLargerThanInput) {
  EXPECT_EQ(getBound(R"mlir(
    !x = !quant.uniform<i8:f32, 0.5>
    func.func @f(%x: tensor<1x2x3x1x!x>) -> tensor<1x1x1x1x!x> {
      %y = qopt.avg_pool2d %x {kernel = array<i64: 4, 5>, pads = array<i64: 1, 1, 1, 1>}
         : (tensor<1x2x3x1x!x>) -> tensor<1x1x1x1x!x>
      return %y : tensor<1x1x1x1x!x>
    })mlir"),
            6u * 128u);
}

TEST_F(AccumulatorBoundsTest, NoneForFloat) {
  EXPECT_EQ(getBound(R"mlir(
    func.func @f(%x: tensor<1x2x3x1xf32>) -> tensor<1xf32> {
      %y = qopt.reduce_mean %x {axes = array<i64: 1, 2, 3>} : (tensor<1x2x3x1xf32>) -> tensor<1xf32>
      return %y : tensor<1xf32>
    })mlir"),
            std::nullopt);
}

} // namespace

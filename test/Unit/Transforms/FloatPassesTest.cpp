// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The float passes change the graph, not the function: outputs before and after agree to 1e-5 of
// the greatest output.
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/InitAll.h"
#include "qopt/Transforms/Passes.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace qopt;

namespace {

constexpr int64_t kInputs = 1 * 9 * 9 * 3;

/// Writes a network as text; every constant is random but for those of dead channels.
class NetworkWriter {
public:
  explicit NetworkWriter(unsigned seed) : random(seed) {}

  /// `%name = qopt.constant`; elements whose last or first coordinate is `dead` get `deadValue`.
  void constant(StringRef name, ArrayRef<int64_t> shape, float low, float high, int64_t axis = 0,
                ArrayRef<int64_t> dead = {}, float deadValue = 0) {
    std::uniform_real_distribution<float> uniform(low, high);
    int64_t count = 1, inner = 1;
    for (int64_t size : shape)
      count *= size;
    for (int64_t size : shape.drop_front(axis + 1))
      inner *= size;
    std::vector<float> values(count);
    for (int64_t i = 0; i < count; ++i)
      values[i] = llvm::is_contained(dead, i / inner % shape[axis]) ? deadValue : uniform(random);
    StringRef bytes(reinterpret_cast<const char *>(values.data()), count * sizeof(float));
    std::string sizes;
    for (int64_t size : shape)
      sizes += std::to_string(size) + "x";
    text += llvm::formatv("%{0} = qopt.constant dense<\"0x{1}\"> : tensor<{2}f32>\n", name,
                          llvm::toHex(bytes), sizes);
  }

  /// Parameters of a batch normalization of `channels`, those in `dead` without variance.
  void batchNorm(StringRef name, int64_t channels, ArrayRef<int64_t> dead) {
    constant((name + "s").str(), channels, 0.5f, 2.0f);
    constant((name + "o").str(), channels, -1.0f, 1.0f);
    constant((name + "m").str(), channels, -0.5f, 0.5f, 0, dead, 0.0f);
    constant((name + "v").str(), channels, 0.1f, 3.0f, 0, dead, 1e-12f);
  }

  std::string text;

private:
  std::mt19937 random;
};

/// conv 3x3, depthwise 3x3, conv 1x1, each with batch norm and ReLU6; mean, matmul, bias as an add.
/// Channels 1 and 4 of the first layer, 1 and 5 of the depthwise one, 2 of the third are constant.
std::string writeNetwork(unsigned seed) {
  NetworkWriter writer(seed);
  writer.constant("w0", {6, 3, 3, 3}, -1, 1, 0, {1, 4});
  writer.batchNorm("p0", 6, {1, 4});
  writer.constant("w1", {3, 3, 6}, -1, 1, 2, {1, 5});
  writer.batchNorm("p1", 6, {1, 5});
  writer.constant("w2", {5, 1, 1, 6}, -1, 1, 0, {2});
  writer.batchNorm("p2", 5, {2});
  writer.constant("w3", {4, 5}, -1, 1);
  writer.constant("b3", {1, 4}, -1, 1);
  return R"mlir(
!p6 = tensor<6xf32>
!p5 = tensor<5xf32>
func.func @net(%x: tensor<1x9x9x3xf32>) -> tensor<1x4xf32> {
)mlir" + writer.text +
         R"mlir(
  %0 = qopt.conv2d %x, %w0 {pads = array<i64: 1, 1, 1, 1>}
     : (tensor<1x9x9x3xf32>, tensor<6x3x3x3xf32>) -> tensor<1x9x9x6xf32>
  %1 = qopt.batch_norm %0, %p0s, %p0o, %p0m, %p0v {epsilon = 1.0e-3 : f32}
     : (tensor<1x9x9x6xf32>, !p6, !p6, !p6, !p6) -> tensor<1x9x9x6xf32>
  %2 = qopt.clamp %1 {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>}
     : (tensor<1x9x9x6xf32>) -> tensor<1x9x9x6xf32>
  %3 = qopt.depthwise_conv2d %2, %w1 {strides = array<i64: 2, 2>}
     : (tensor<1x9x9x6xf32>, tensor<3x3x6xf32>) -> tensor<1x4x4x6xf32>
  %4 = qopt.batch_norm %3, %p1s, %p1o, %p1m, %p1v {epsilon = 1.0e-3 : f32}
     : (tensor<1x4x4x6xf32>, !p6, !p6, !p6, !p6) -> tensor<1x4x4x6xf32>
  %5 = qopt.clamp %4 {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>}
     : (tensor<1x4x4x6xf32>) -> tensor<1x4x4x6xf32>
  %6 = qopt.conv2d %5, %w2 : (tensor<1x4x4x6xf32>, tensor<5x1x1x6xf32>) -> tensor<1x4x4x5xf32>
  %7 = qopt.batch_norm %6, %p2s, %p2o, %p2m, %p2v {epsilon = 1.0e-3 : f32}
     : (tensor<1x4x4x5xf32>, !p5, !p5, !p5, !p5) -> tensor<1x4x4x5xf32>
  %8 = qopt.clamp %7 {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>}
     : (tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  %9 = qopt.reduce_mean %8 {axes = array<i64: 1, 2>} : (tensor<1x4x4x5xf32>) -> tensor<1x5xf32>
  %10 = qopt.matmul %9, %w3 : (tensor<1x5xf32>, tensor<4x5xf32>) -> tensor<1x4xf32>
  %11 = qopt.add %10, %b3 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %11 : tensor<1x4xf32>
})mlir";
}

std::vector<float> evaluate(ModuleOp module, ArrayRef<float> input) {
  std::vector<float> output(4);
  FloatEngineOptions options;
  options.plainLoops = true;
  auto engine = createFloatEngine(*module.getOps<func::FuncOp>().begin(), options);
  if (!engine) {
    ADD_FAILURE() << llvm::toString(engine.takeError());
    return output;
  }
  if (llvm::Error error = (*engine)->run({input}, nullptr, {MutableArrayRef<float>(output)}))
    ADD_FAILURE() << llvm::toString(std::move(error));
  return output;
}

struct FloatPassesTest : public testing::TestWithParam<unsigned> {
  FloatPassesTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(writeNetwork(GetParam()), &context);
    std::mt19937 random(GetParam() + 1);
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < kInputs; ++i)
      input.push_back(normal(random));
  }

  void runPasses(std::vector<std::unique_ptr<Pass>> passes) {
    PassManager manager(&context);
    for (std::unique_ptr<Pass> &pass : passes)
      manager.addNestedPass<func::FuncOp>(std::move(pass));
    ASSERT_TRUE(succeeded(manager.run(*module)));
  }

  /// Channels of the op's result at position `index` among ops of its kind.
  template <typename OpTy> int64_t getChannels(unsigned index) {
    int64_t channels = -1;
    module->walk([&](OpTy op) {
      if (index-- == 0)
        channels = op.getOutput().getType().getShape().back();
    });
    return channels;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::vector<float> input;
};

TEST_P(FloatPassesTest, KeepTheFunction) {
  ASSERT_TRUE(module);
  std::vector<float> expected = evaluate(*module, input);
  std::vector<std::unique_ptr<Pass>> passes;
  passes.push_back(createZeroDeadChannels());
  passes.push_back(createFoldBatchNorm());
  passes.push_back(createFuseActivations());
  passes.push_back(createDropDeadChannels());
  runPasses(std::move(passes));

  // Six channels less 1 and 4 (dead at once) and 5 (dead in the depthwise layer); five less 2.
  EXPECT_EQ(getChannels<Conv2DOp>(0), 3);
  EXPECT_EQ(getChannels<DepthwiseConv2DOp>(0), 3);
  EXPECT_EQ(getChannels<Conv2DOp>(1), 4);
  EXPECT_EQ(getChannels<MatmulOp>(0), 4);
  module->walk([](Operation *op) { EXPECT_FALSE((isa<BatchNormOp, ClampOp, AddOp>(op))); });

  std::vector<float> actual = evaluate(*module, input);
  float greatest = 0;
  for (float value : expected)
    greatest = std::max(greatest, std::abs(value));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(actual[i], expected[i], 1e-5f * greatest) << "output " << i;
}

INSTANTIATE_TEST_SUITE_P(Seeds, FloatPassesTest, testing::Range(0u, 20u));

} // namespace

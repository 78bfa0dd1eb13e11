// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Exact rewrites of storage change no result by a bit; inexact ones stay close. The network has one
// op of each kind that treats storage specially: a table, softmax, pads, pools, a residual.
#include "qopt/Calibration/Passes.h"
#include "qopt/Conversion/Passes.h"
#include "qopt/Dialect/QOpt/Transforms/Passes.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/ExecutionEngine/Interpreter.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace qopt;

namespace {

constexpr StringLiteral kNetwork = R"mlir(
func.func @net(%x: tensor<1x4x4x2xf32>) -> (tensor<1x2xf32>, tensor<1x2x2x4xf32>) {
  %0 = qopt.observe %x {name = "x", range = array<f32: -1.0, 2.0>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %w = qopt.constant dense<[[[[0.5, -1.0]]], [[[0.25, 0.75]]]]> : tensor<2x1x1x2xf32>
  %b = qopt.constant dense<[0.25, -0.125]> : tensor<2xf32>
  %c = qopt.conv2d %0, %w bias %b : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %s = qopt.add %c, %0 {clamp_min = array<f32: 0.0>} : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.observe %s {name = "s", range = array<f32: 0.0, 4.0>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %t = qopt.unary hard_swish %1 : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.observe %t {name = "t", range = array<f32: 0.0, 4.0>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %p = qopt.pad %2 {low = array<i64: 0, 0, 0, 1>, high = array<i64: 0, 0, 0, 1>, value = 1.0 : f32} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x4xf32>
  %m = qopt.max_pool2d %p {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>} : (tensor<1x4x4x4xf32>) -> tensor<1x2x2x4xf32>
  %g = qopt.reduce_mean %m {axes = array<i64: 1, 2>} : (tensor<1x2x2x4xf32>) -> tensor<1x4xf32>
  %3 = qopt.observe %g {name = "g", range = array<f32: -0.5, 4.0>} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %f = qopt.softmax %3 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %v = qopt.constant dense<[[1.0, -1.0, 0.5, 0.25], [0.125, 2.0, -0.5, 1.0]]> : tensor<2x4xf32>
  %y = qopt.matmul %f, %v bias %b : (tensor<1x4xf32>, tensor<2x4xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y, %m : tensor<1x2xf32>, tensor<1x2x2x4xf32>
}
)mlir";

struct Rewrite {
  StringRef zeroPoints = "keep", weights = "keep", signedness = "keep";
};

class StorageRewriteTest : public testing::Test {
protected:
  StorageRewriteTest() : context(makeRegistry()) {
    context.loadAllAvailableDialects();
    module = parseSourceString<ModuleOp>(kNetwork, &context);
    PassManager manager(&context);
    OpPassManager &network = manager.nest<func::FuncOp>();
    network.addPass(createNudgeRanges());
    network.addPass(createConvertQOptFakeQuantToQuantized());
    EXPECT_TRUE(module && succeeded(manager.run(*module)));
  }

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registry.insert<func::FuncDialect, QOptDialect>();
    registerEvaluationModels(registry);
    return registry;
  }

  LogicalResult apply(const Rewrite &rewrite, bool exact) {
    RewriteStorageOptions options;
    options.zeroPoints = rewrite.zeroPoints.str();
    options.weights = rewrite.weights.str();
    options.signedness = rewrite.signedness.str();
    options.exact = exact;
    PassManager manager(&context);
    manager.nest<func::FuncOp>().addPass(createRewriteStorage(options));
    ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
    return manager.run(*module);
  }

  /// Both results for a hundred inputs, some of them beyond the calibrated range.
  std::vector<float> run() {
    auto function = *module->getOps<func::FuncOp>().begin();
    Interpreter interpreter = llvm::cantFail(Interpreter::create(function));
    std::mt19937 random(3);
    std::uniform_real_distribution<float> values(-1.5f, 2.5f);
    std::vector<float> outputs;
    for (int sample = 0; sample < 100; ++sample) {
      Tensor input = Tensor::makeReals({1, 4, 4, 2});
      float *elements = input.writeReals().data;
      std::generate_n(elements, input.size(), [&] { return values(random); });
      for (const Tensor &result : llvm::cantFail(interpreter.run(input)))
        llvm::append_range(outputs, result.reals());
    }
    return outputs;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(StorageRewriteTest, ExactRewritesKeepEveryBit) {
  std::vector<float> before = run();
  for (Rewrite rewrite : {Rewrite{"keep", "full", "keep"}, Rewrite{"keep", "narrow", "keep"},
                          Rewrite{"keep", "keep", "unsigned"}, Rewrite{"keep", "full", "keep"},
                          Rewrite{"keep", "narrow", "signed"}}) {
    ASSERT_TRUE(succeeded(apply(rewrite, /*exact=*/true)));
    EXPECT_EQ(run(), before) << rewrite.zeroPoints.str() << " " << rewrite.weights.str() << " "
                             << rewrite.signedness.str();
  }
}

TEST_F(StorageRewriteTest, ExactOnlyRefusesOtherGrids) {
  EXPECT_TRUE(failed(apply({"symmetric"}, /*exact=*/true)));
}

TEST_F(StorageRewriteTest, SymmetricKeepsSaturation) {
  std::vector<float> before = run();
  ASSERT_TRUE(succeeded(apply({"symmetric"}, /*exact=*/false)));
  std::vector<float> after = run();
  ASSERT_EQ(after.size(), before.size());
  // A symmetric grid over [-4, 4] has steps of 4/127; errors of two layers add up.
  for (auto [a, b] : llvm::zip_equal(after, before))
    EXPECT_NEAR(a, b, 0.15);
}

} // namespace

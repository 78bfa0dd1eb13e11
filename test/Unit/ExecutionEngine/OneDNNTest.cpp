// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fast float engine against plain loops, on random networks.
#ifdef QOPT_TEST_ONEDNN

#include "qopt/ExecutionEngine/OneDNN/OneDNN.h"
#include "RandomFloatNetwork.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

namespace {

using Results = std::vector<std::vector<float>>;

struct OneDNNTest : public testing::Test {
  OneDNNTest() {
    DialectRegistry registry;
    registry.insert<QOptDialect, func::FuncDialect, quant::QuantDialect>();
    registerEvaluationModels(registry);
    registerOneDNNFloatEngine(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadDialect<QOptDialect, func::FuncDialect>();
  }

  OwningOpRef<ModuleOp> parse(const std::string &text) {
    return parseSourceString<ModuleOp>(text, context.get());
  }

  std::unique_ptr<MLIRContext> context;
};

} // namespace

static func::FuncOp getNetwork(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

static std::vector<float> makeImage(int64_t size, int seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> distribution(-1.0f, 1.0f);
  std::vector<float> image(size);
  for (float &value : image)
    value = distribution(engine);
  return image;
}

static Results runEngine(const FloatEngine &engine, const test::RandomFloatNetwork &network,
                         int seed, FloatEngine::Tap tap = nullptr) {
  Results results;
  for (int64_t size : network.outputSizes)
    results.emplace_back(size);
  std::vector<float> image = makeImage(network.inputSize(), seed);
  SmallVector<MutableArrayRef<float>> outputs(results.begin(), results.end());
  EXPECT_FALSE(llvm::errorToBool(engine.run(ArrayRef<float>(image), tap, outputs)));
  return results;
}

static void expectClose(ArrayRef<float> a, ArrayRef<float> b, const std::string &where) {
  ASSERT_EQ(a.size(), b.size()) << where;
  float greatest = 1e-3f;
  for (float value : b)
    greatest = std::max(greatest, std::abs(value));
  for (size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], 2e-5f * greatest) << where << " element " << i;
}

TEST_F(OneDNNTest, AgreesWithPlainLoops) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    test::RandomFloatNetwork network(seed);
    auto module = parse(network.text());
    ASSERT_TRUE(module) << network.text();
    FloatEngineOptions plainOptions;
    plainOptions.plainLoops = true;
    auto plain = llvm::cantFail(createFloatEngine(getNetwork(*module), plainOptions));
    auto fast = llvm::cantFail(createFloatEngine(getNetwork(*module)));
    for (int image = 0; image < 2; ++image) { // the second run reuses the frame
      Results expected = runEngine(*plain, network, image), got = runEngine(*fast, network, image);
      for (size_t i = 0; i < got.size(); ++i)
        expectClose(got[i], expected[i], "network " + std::to_string(seed));
    }
  }
}

TEST_F(OneDNNTest, EveryTapAgrees) {
  for (uint32_t seed = 100; seed < 120; ++seed) {
    test::RandomFloatNetwork network(seed);
    auto module = parse(network.text());
    FloatEngineOptions options;
    auto all = [](Operation *) { return true; };
    options.tapped = all;
    auto fast = llvm::cantFail(createFloatEngine(getNetwork(*module), options));
    options.plainLoops = true;
    auto plain = llvm::cantFail(createFloatEngine(getNetwork(*module), options));
    std::vector<std::pair<Operation *, std::vector<float>>> expected;
    runEngine(*plain, network, 1,
              [&](Operation *op, ArrayRef<float> values) { expected.emplace_back(op, values); });
    size_t next = 0;
    runEngine(*fast, network, 1, [&](Operation *op, ArrayRef<float> values) {
      ASSERT_LT(next, expected.size());
      EXPECT_EQ(op, expected[next].first);
      expectClose(values, expected[next].second, "network " + std::to_string(seed));
      ++next;
    });
    EXPECT_EQ(next, expected.size());
  }
}

TEST_F(OneDNNTest, SameBytesFromEveryThread) {
  test::RandomFloatNetwork network(3);
  auto module = parse(network.text());
  auto engine = llvm::cantFail(createFloatEngine(getNetwork(*module)));
  std::vector<Results> serial;
  for (int image = 0; image < 16; ++image)
    serial.push_back(runEngine(*engine, network, image));
  EXPECT_FALSE(llvm::errorToBool(parallelFor(4, 16, [&](int64_t image) {
    EXPECT_EQ(runEngine(*engine, network, image), serial[image]);
    return llvm::Error::success();
  })));
}

TEST_F(OneDNNTest, FakeQuantIsExact) {
  // Simulated quantization must not be approximated: both engines give the same grid points.
  auto module = parse(R"mlir(
func.func @net(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32> {
  %w = qopt.constant dense<0.3> : tensor<1x1x1x1xf32>
  %q = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %0 = qopt.conv2d %x, %q : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %1 = qopt.fake_quant %0 as !quant.uniform<i8:f32, 0.5> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  return %1 : tensor<1x2x2x1xf32>
}
)mlir");
  auto engine = llvm::cantFail(createFloatEngine(getNetwork(*module)));
  std::vector<float> image{1.0f, 3.0f, 5.0f, -1000.0f}, result(4);
  EXPECT_FALSE(llvm::errorToBool(
      engine->run(ArrayRef<float>(image), nullptr, MutableArrayRef<float>(result))));
  // Quarters of the image; 0.25 and 1.25 are ties.
  EXPECT_EQ(result, (std::vector<float>{0.0f, 1.0f, 1.0f, -64.0f}));
}

TEST_F(OneDNNTest, WrongInputsAreErrors) {
  test::RandomFloatNetwork network(5);
  auto module = parse(network.text());
  auto engine = llvm::cantFail(createFloatEngine(getNetwork(*module)));
  std::vector<float> image(1);
  EXPECT_TRUE(llvm::errorToBool(engine->run({})));
  EXPECT_TRUE(llvm::errorToBool(engine->run(ArrayRef<float>(image))));
}

#endif // QOPT_TEST_ONEDNN

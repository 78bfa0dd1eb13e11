// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <atomic>

using namespace mlir;
using namespace qopt;

namespace {

/// A parsed module and its network.
class Network {
public:
  explicit Network(StringRef text) : context(makeRegistry(), MLIRContext::Threading::DISABLED) {
    context.loadDialect<QOptDialect, func::FuncDialect, quant::QuantDialect>();
    module = parseSourceString<ModuleOp>(text, &context);
  }
  func::FuncOp function() { return *module->getOps<func::FuncOp>().begin(); }
  Interpreter interpreter() { return llvm::cantFail(Interpreter::create(function())); }
  bool parsed() const { return static_cast<bool>(module); }

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registry.insert<QOptDialect, func::FuncDialect, quant::QuantDialect>();
    registerEvaluationModels(registry);
    return registry;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

} // namespace

static Tensor reals(ArrayRef<int64_t> shape, ArrayRef<float> values) {
  Tensor tensor = Tensor::makeReals(shape);
  llvm::copy(values, tensor.writeReals().data);
  return tensor;
}

static Tensor codes(ArrayRef<int64_t> shape, ArrayRef<int32_t> values) {
  Tensor tensor = Tensor::makeCodes(shape);
  llvm::copy(values, tensor.writeCodes().data);
  return tensor;
}

static std::vector<int32_t> runCodes(const Interpreter &interpreter, ArrayRef<Tensor> inputs,
                                     const InterpreterTaps &taps = {}) {
  return llvm::cantFail(interpreter.run(inputs, taps)).front().codes().vec();
}

static std::vector<float> runReals(const Interpreter &interpreter, ArrayRef<Tensor> inputs) {
  return llvm::cantFail(interpreter.run(inputs)).front().reals().vec();
}

// x·s = 0.5·(q + 1); w·s = 0.25·q; y·s = 1·(q - 3). M = 1/8.
static constexpr StringLiteral kMatmul = R"mlir(
!x = !quant.uniform<i8:f32, 0.5:-1>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>
!y = !quant.uniform<i8:f32, 1.0:3>
func.func @net(%x: tensor<1x2x!x>) -> tensor<1x2x!y> attributes {qopt.contract = #qopt.contract<fp32>} {
  %w = qopt.constant dense_resource<w> : tensor<2x2x!w>
  %b = qopt.constant dense<[4, -4]> : tensor<2xi32>
  %0 = qopt.matmul %x, %w bias %b {clamp_min = array<f32: 0.0>}
     : (tensor<1x2x!x>, tensor<2x2x!w>, tensor<2xi32>) -> tensor<1x2x!y>
  return %0 : tensor<1x2x!y>
}
{-# dialect_resources: { builtin: { w: "0x100000000A1400F6" } } #-}
)mlir";

TEST(Interpreter, QuantizedMatmulWithTaps) {
  Network network(kMatmul);
  ASSERT_TRUE(network.parsed());
  Interpreter interpreter = network.interpreter();
  // w = [[10, 20], [0, -10]]; q_x - z_x = [1, 5].
  std::vector<int32_t> accumulator;
  int results = 0;
  auto onAccumulator = [&](Operation *, const Tensor &acc) { accumulator = acc.codes().vec(); };
  auto onResult = [&](Operation *, const Tensor &) { ++results; };
  InterpreterTaps taps;
  taps.accumulator = onAccumulator;
  taps.result = onResult;
  auto result = runCodes(interpreter, codes({1, 2}, {0, 4}), taps);
  EXPECT_EQ(accumulator, (std::vector<int32_t>{114, -54})); // 10 + 100 + 4, -50 - 4
  EXPECT_EQ(results, 1);
  EXPECT_EQ(result, (std::vector<int32_t>{17, 3})); // rne(14.25) + 3; clamped at real 0
}

TEST(Interpreter, ConstantsCanBeOverridden) {
  Network network(kMatmul);
  Interpreter interpreter = network.interpreter();
  auto constants = llvm::to_vector(network.function().getOps<ConstantOp>());
  EXPECT_FALSE(llvm::errorToBool(interpreter.overrideConstant(constants[1], codes({2}, {20, 90}))));
  // 10 + 100 + 20 = 130 → 16.25; -50 + 90 = 40 → 5.
  EXPECT_EQ(runCodes(interpreter, codes({1, 2}, {0, 4})), (std::vector<int32_t>{19, 8}));
  // The interpreter made before or after does not see it.
  EXPECT_EQ(runCodes(network.interpreter(), codes({1, 2}, {0, 4})), (std::vector<int32_t>{17, 3}));
  EXPECT_TRUE(llvm::errorToBool(interpreter.overrideConstant(constants[1], codes({1}, {20}))));
  EXPECT_TRUE(llvm::errorToBool(interpreter.overrideConstant(constants[1], reals({2}, {1, 2}))));
  Value notConstant = network.function().getArgument(0);
  EXPECT_TRUE(llvm::errorToBool(interpreter.overrideConstant(notConstant, codes({1, 2}, {0, 0}))));
}

TEST(Interpreter, WrongInputsAreErrors) {
  Network network(kMatmul);
  Interpreter interpreter = network.interpreter();
  EXPECT_TRUE(llvm::errorToBool(interpreter.run({}).takeError()));
  EXPECT_TRUE(llvm::errorToBool(interpreter.run(codes({2, 1}, {0, 4})).takeError()));
  EXPECT_TRUE(llvm::errorToBool(interpreter.run(reals({1, 2}, {0, 4})).takeError()));
}

TEST(Interpreter, ForeignOpsAreNamed) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, QOptDialect>();
  auto module = parseSourceString<ModuleOp>(
      "func.func private @f() func.func @net() { func.call @f() : () -> () return }", &context);
  auto function = module->lookupSymbol<func::FuncOp>("net");
  std::string message = llvm::toString(Interpreter::create(function).takeError());
  EXPECT_NE(message.find("func.call"), std::string::npos) << message;
  auto declaration = module->lookupSymbol<func::FuncOp>("f");
  EXPECT_TRUE(llvm::errorToBool(Interpreter::create(declaration).takeError()));
}

TEST(Interpreter, FloatResultAndCasts) {
  Network network(R"mlir(
!x = !quant.uniform<i8:f32, 0.5:-1>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.25, 0.5}>
func.func @net(%x: tensor<1x2xf32>) -> tensor<1x2xf32> attributes {qopt.contract = #qopt.contract<fixed>} {
  %w = qopt.constant dense_resource<w> : tensor<2x2x!w>
  %q = qopt.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!x>
  %0 = qopt.matmul %q, %w : (tensor<1x2x!x>, tensor<2x2x!w>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
{-# dialect_resources: { builtin: { w: "0x100000000A1400F6" } } #-}
)mlir");
  ASSERT_TRUE(network.parsed());
  // 0.25 is a tie between codes: to even; 2.5 = 5 steps.
  auto result = runReals(network.interpreter(), reals({1, 2}, {0.75f, 2.5f}));
  EXPECT_EQ(result, (std::vector<float>{0.125f * (2 * 10 + 5 * 20), 0.25f * -50}));
}

TEST(Interpreter, MovesKeepBytes) {
  Network network(R"mlir(
!q = !quant.uniform<i8:f32, 0.5:7>
func.func @net(%x: tensor<1x2x2x1x!q>) -> tensor<8x!q> attributes {qopt.contract = #qopt.contract<fp32>} {
  %p = qopt.pad %x {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 0, 0, 0>} : (tensor<1x2x2x1x!q>) -> tensor<1x3x2x1x!q>
  %t = qopt.transpose %p {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x2x1x!q>) -> tensor<1x2x3x1x!q>
  %s = qopt.slice %t {starts = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 1>} : (tensor<1x2x3x1x!q>) -> tensor<1x2x2x1x!q>
  %c = qopt.concat %s, %s {axis = 3 : i64} : (tensor<1x2x2x1x!q>, tensor<1x2x2x1x!q>) -> tensor<1x2x2x2x!q>
  %r = qopt.reshape %c : (tensor<1x2x2x2x!q>) -> tensor<8x!q>
  return %r : tensor<8x!q>
}
)mlir");
  ASSERT_TRUE(network.parsed());
  // Padding is the zero point, 7.
  EXPECT_EQ(runCodes(network.interpreter(), codes({1, 2, 2, 1}, {1, 2, 3, 4})),
            (std::vector<int32_t>{7, 7, 3, 3, 7, 7, 4, 4}));
}

// A small convolutional network at level 2; every value that level 3 rounds is fake-quantized.
static constexpr StringLiteral kSimulated = R"mlir(
!x = !quant.uniform<i8:f32, 0.0625:0>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.0078125, 0.015625}>
!y = !quant.uniform<i8:f32, 0.03125:-128>
func.func @net(%x: tensor<1x3x3x1xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<[[[[0.5],[-0.25]],[[0.125],[0.75]]],[[[-1.0],[0.5]],[[0.25],[1.5]]]]> : tensor<2x2x2x1xf32>
  %wq = qopt.fake_quant %w as !w : (tensor<2x2x2x1xf32>) -> tensor<2x2x2x1xf32>
  %b = qopt.constant dense<[0.5, -0.25]> : tensor<2xf32>
  %q = qopt.fake_quant %x as !x : (tensor<1x3x3x1xf32>) -> tensor<1x3x3x1xf32>
  %0 = qopt.conv2d %q, %wq bias %b {pads = array<i64: 1, 1, 0, 0>, clamp_min = array<f32: 0.0>}
     : (tensor<1x3x3x1xf32>, tensor<2x2x2x1xf32>, tensor<2xf32>) -> tensor<1x3x3x2xf32>
  %1 = qopt.fake_quant %0 as !y : (tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %2 = qopt.reduce_mean %1 {axes = array<i64: 1, 2>} : (tensor<1x3x3x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
)mlir";

static constexpr StringLiteral kQuantized = R"mlir(
!x = !quant.uniform<i8:f32, 0.0625:0>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.0078125, 0.015625}>
!y = !quant.uniform<i8:f32, 0.03125:-128>
func.func @net(%x: tensor<1x3x3x1xf32>) -> tensor<1x3x3x2xf32> attributes {qopt.contract = #qopt.contract<fp32>} {
  %w = qopt.constant dense_resource<w> : tensor<2x2x2x1x!w>
  %b = qopt.constant dense<[1024, -256]> : tensor<2xi32>
  %q = qopt.quantize %x : (tensor<1x3x3x1xf32>) -> tensor<1x3x3x1x!x>
  %0 = qopt.conv2d %q, %w bias %b {pads = array<i64: 1, 1, 0, 0>, clamp_min = array<f32: 0.0>}
     : (tensor<1x3x3x1x!x>, tensor<2x2x2x1x!w>, tensor<2xi32>) -> tensor<1x3x3x2x!y>
  %1 = qopt.dequantize %0 : (tensor<1x3x3x2x!y>) -> tensor<1x3x3x2xf32>
  return %1 : tensor<1x3x3x2xf32>
}
{-# dialect_resources: { builtin: { w: "0x1000000040E01060C0201060" } } #-}
)mlir";

TEST(Interpreter, SimulatedAndQuantizedLevelsAgree) {
  // All scales are powers of two and sums are small: both levels are exact, so not a code differs.
  Network simulated(kSimulated), quantized(kQuantized);
  ASSERT_TRUE(simulated.parsed() && quantized.parsed());
  Interpreter left = simulated.interpreter(), right = quantized.interpreter();
  for (int seed = 0; seed < 50; ++seed) {
    std::vector<float> image(9);
    for (int i = 0; i < 9; ++i)
      image[i] = float((seed * 37 + i * 101) % 257 - 128) * 0.05f;
    std::vector<float> map;
    auto onResult = [&](Operation *op, const Tensor &tensor) {
      if (isa<FakeQuantOp>(op) && tensor.size() == 18)
        map = tensor.reals().vec();
    };
    InterpreterTaps taps;
    taps.result = onResult;
    llvm::cantFail(left.run(reals({1, 3, 3, 1}, image), taps));
    EXPECT_EQ(map, runReals(right, reals({1, 3, 3, 1}, image)));
  }
}

TEST(FloatEngine, TapsAndOutputs) {
  Network network(kSimulated);
  FloatEngineOptions options;
  auto tapped = [](Operation *op) { return isa<Conv2DOp>(op); };
  options.tapped = tapped;
  auto engine = llvm::cantFail(createFloatEngine(network.function(), options));
  std::vector<float> image(9, 1.0f), result(2);
  int taps = 0;
  auto tap = [&](Operation *op, ArrayRef<float> values) {
    EXPECT_TRUE(isa<Conv2DOp>(op));
    EXPECT_EQ(values.size(), 18u);
    ++taps;
  };
  EXPECT_FALSE(
      llvm::errorToBool(engine->run(ArrayRef<float>(image), tap, MutableArrayRef<float>(result))));
  EXPECT_EQ(taps, 1);
  EXPECT_GT(result[0], 0.5f);
  std::vector<float> shorter(8);
  EXPECT_TRUE(llvm::errorToBool(engine->run(ArrayRef<float>(shorter))));
}

TEST(FloatEngine, QuantizedNetworksAreRefused) {
  Network network(kQuantized);
  std::string message = llvm::toString(createFloatEngine(network.function()).takeError());
  EXPECT_NE(message.find("quantized"), std::string::npos) << message;
}

TEST(ParallelFor, EveryIndexOnceAndTheFirstError) {
  for (unsigned threads : {1u, 2u, 7u}) {
    std::vector<std::atomic<int>> seen(100);
    EXPECT_FALSE(llvm::errorToBool(parallelFor(threads, 100, [&](int64_t i) {
      ++seen[i];
      return llvm::Error::success();
    })));
    for (auto &count : seen)
      EXPECT_EQ(count, 1);
    auto failing = [&](int64_t i) -> llvm::Error {
      return i % 10 == 3 ? llvm::createStringError("index " + Twine(i)) : llvm::Error::success();
    };
    EXPECT_EQ(llvm::toString(parallelFor(threads, 100, failing)), "index 3");
  }
}

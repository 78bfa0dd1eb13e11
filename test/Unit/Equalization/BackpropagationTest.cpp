// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives by backpropagation against differences of two runs, for every kind of op at once.
#include "../../../lib/Equalization/Backpropagation.h"

#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/ExecutionEngine/Interpreter.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace qopt;

namespace {

/// Strides, padding, groups, a depthwise layer with a multiplier, a residual addition, a broadcast
/// product, clamps that hold some values, both pools, every move.
constexpr const char *kText = R"mlir(
func.func @net(%x: tensor<1x6x6x2xf32>) -> tensor<1x3xf32> {
  %w0 = qopt.constant dense<[[[[0.5], [-0.3]], [[0.2], [0.7]]], [[[-0.4], [0.6]], [[0.9], [0.1]]]]> : tensor<2x2x2x1xf32>
  %w1 = qopt.constant dense<[[[0.3, -0.8, 0.5, 0.4]]]> : tensor<1x1x4xf32>
  %w2 = qopt.constant dense<[[0.3, -0.2, 0.6, 0.5, 0.1, 0.7], [0.2, 0.9, -0.4, 0.3, 0.8, -0.5], [-0.6, 0.1, 0.2, 0.4, 0.3, 0.5]]> : tensor<3x6xf32>
  %k = qopt.constant dense<[[[[1.5, -0.5]]]]> : tensor<1x1x1x2xf32>
  %0 = qopt.conv2d %x, %w0 {groups = 2 : i64, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, clamp_min = array<f32: -0.4>}
     : (tensor<1x6x6x2xf32>, tensor<2x2x2x1xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.mul %0, %k : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.add %1, %0 {clamp_max = array<f32: 0.5, 0.9>} : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = qopt.depthwise_conv2d %2, %w1 : (tensor<1x4x4x2xf32>, tensor<1x1x4xf32>) -> tensor<1x4x4x4xf32>
  %4 = qopt.max_pool2d %3 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x2x2x4xf32>
  %5 = qopt.avg_pool2d %2 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  %6 = qopt.concat %4, %5 {axis = 3 : i64} : (tensor<1x2x2x4xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x6xf32>
  %7 = qopt.transpose %6 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x2x2x6xf32>) -> tensor<1x2x2x6xf32>
  %8 = qopt.reduce_mean %7 {axes = array<i64: 1, 2>} : (tensor<1x2x2x6xf32>) -> tensor<1x6xf32>
  %9 = qopt.unary tanh %8 : (tensor<1x6xf32>) -> tensor<1x6xf32>
  %10 = qopt.matmul %9, %w2 : (tensor<1x6xf32>, tensor<3x6xf32>) -> tensor<1x3xf32>
  return %10 : tensor<1x3xf32>
})mlir";

class Gradients : public ::testing::Test {
protected:
  Gradients() : context(makeRegistry(), MLIRContext::Threading::DISABLED) {
    context.loadAllAvailableDialects();
    module = parseSourceString<ModuleOp>(kText, &context);
    function = *module->getOps<func::FuncOp>().begin();
    std::mt19937 random(1);
    for (float &element : input)
      element = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
  }

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registry.insert<QOptDialect, func::FuncDialect>();
    registerEvaluationModels(registry);
    return registry;
  }

  /// The outputs' sum weighted with `probe`; `values` receives all activations.
  double run(Interpreter &interpreter, llvm::DenseMap<Value, Tensor> *values = nullptr) {
    Tensor image = Tensor::borrowReals({1, 6, 6, 2}, input.data());
    auto keep = [&](Operation *op, const Tensor &result) { (*values)[op->getResult(0)] = result; };
    InterpreterTaps taps;
    if (values) {
      (*values)[function.getArgument(0)] = image;
      taps.result = keep;
    }
    auto outputs = llvm::cantFail(interpreter.run(image, taps));
    double sum = 0;
    for (auto [output, factor] : llvm::zip_equal(outputs[0].reals(), probe))
      sum += output * factor;
    return sum;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  std::vector<float> input = std::vector<float>(72);
  std::vector<float> probe = {1.0f, -1.0f, 0.5f};
};

} // namespace

TEST_F(Gradients, AreThoseOfDifferences) {
  ASSERT_TRUE(module);
  Interpreter interpreter = llvm::cantFail(Interpreter::create(function));
  llvm::DenseMap<Value, Tensor> values;
  run(interpreter, &values);
  ChannelStatistics statistics; // means of zero: weights count with their inputs as they are
  for (auto &[value, tensor] : values)
    statistics[value] = ChannelSums(tensor.shape().back());
  Backpropagation backwards(function, statistics, values);
  backwards.seed(function.front().getTerminator()->getOperand(0), probe);
  backwards.run();

  constexpr float kStep = 1e-3f;
  auto expectSlope = [&](double up, double down, double slope, const std::string &what) {
    EXPECT_NEAR((up - down) / (2 * kStep), slope, 2e-3) << what;
  };
  ArrayRef<float> byInput = backwards.getGradient(function.getArgument(0));
  for (size_t i = 0; i < input.size(); ++i) {
    float old = input[i];
    input[i] = old + kStep;
    double up = run(interpreter);
    input[i] = old - kStep;
    double down = run(interpreter);
    input[i] = old;
    expectSlope(up, down, byInput[i], "input " + std::to_string(i));
  }
  for (auto layer : function.getOps<WeightedOpInterface>()) {
    Tensor weights = Tensor::fromBytes(
        cast<RankedTensorType>(layer.getWeightsValue().getType()),
        cast<DenseElementsAttr>(layer.getWeightsValue().getDefiningOp<ConstantOp>().getValue())
            .getRawData()
            .data());
    ArrayRef<float> byWeight = backwards.getWeightGradient(layer);
    ASSERT_EQ(byWeight.size(), weights.reals().size());
    for (size_t i = 0; i < byWeight.size(); ++i) {
      double sums[2];
      for (int side : {0, 1}) {
        Tensor moved = Tensor::makeReals(weights.shape());
        llvm::copy(weights.reals(), moved.writeReals().data);
        moved.writeReals().data[i] += side ? -kStep : kStep;
        llvm::cantFail(interpreter.overrideConstant(layer.getWeightsValue(), moved));
        sums[side] = run(interpreter);
      }
      llvm::cantFail(interpreter.overrideConstant(layer.getWeightsValue(), weights));
      expectSlope(sums[0], sums[1], byWeight[i], "weight " + std::to_string(i));
    }
  }
}

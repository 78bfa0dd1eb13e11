// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bias correction of random networks: afterwards the integer program has the float means, and
// neither the engine nor the number of threads changes a byte of it.
#include "../ExecutionEngine/RandomFloatNetwork.h"
#include "../ExecutionEngine/RandomSamples.h"

#include "qopt/Analysis/LayerMeans.h"
#include "qopt/BiasCorrection/Passes.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/InitAll.h"
#include "qopt/Pipelines/Quantization.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

namespace {

constexpr int kSamples = 5;

/// A random network on the quantized level, with the means of its float form.
class Subject {
public:
  explicit Subject(uint32_t seed) : network(seed), context(makeRegistry()) {
    context.disableMultithreading();
    ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
    module = parseSourceString<ModuleOp>(network.text(), &context);
    if (!module)
      return;
    samples.emplace(original(), seed, kSamples);
    if (failed(quantize()))
      module = nullptr;
  }

  /// False for networks that do not quantize: batch normalization that cannot be folded.
  explicit operator bool() { return static_cast<bool>(module); }

  /// A copy after correction; null where the pass fails.
  OwningOpRef<ModuleOp> correct(StringRef mode, StringRef engine, bool threaded = false) {
    OwningOpRef<ModuleOp> copy(module->clone());
    CorrectBiasOptions options;
    options.data = samples->path();
    options.mode = mode.str();
    options.engine = engine.str();
    PassManager manager(&context);
    manager.addPass(createCorrectBias(options));
    context.enableMultithreading(threaded);
    bool failed = mlir::failed(manager.run(*copy));
    context.disableMultithreading();
    return failed ? OwningOpRef<ModuleOp>() : std::move(copy);
  }

  func::FuncOp original() { return *module->getOps<func::FuncOp>().begin(); }
  Tensor sample(int index) const { return samples->get(index); }

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  LogicalResult quantize() {
    PassManager manager(&context);
    CalibrateOptions calibrate;
    calibrate.data = samples->path();
    calibrate.recordMeans = true;
    buildPreparePipeline(manager, PrepareOptions());
    buildCalibratePipeline(manager, calibrate);
    buildQuantizePipeline(manager, QuantizeOptions());
    return manager.run(*module);
  }

  test::RandomFloatNetwork network;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::optional<test::RandomSamples> samples;
};

std::vector<SmallVector<int32_t>> getBiases(ModuleOp module) {
  std::vector<SmallVector<int32_t>> biases;
  module.walk([&](WeightedOpInterface layer) {
    biases.push_back(layer.getBiasValue() ? *getInt32s(getConstant(layer.getBiasValue()))
                                          : SmallVector<int32_t>());
  });
  return biases;
}

/// What each layer computes on average before its clamp, in units of its accumulator.
using Means = std::vector<std::vector<double>>;

void addChannels(std::vector<double> &means, const Tensor &codes, double scale, int32_t zero) {
  size_t channels = codes.shape().back();
  means.resize(channels);
  double pixels = double(codes.size() / channels) * kSamples;
  for (auto [i, code] : llvm::enumerate(codes.codes()))
    means[i % channels] += (code - zero) * scale / pixels;
}

Means measure(Subject &subject, func::FuncOp function) {
  auto layers = llvm::to_vector(function.getOps<WeightedOpInterface>());
  Means means(layers.size());
  Interpreter interpreter = llvm::cantFail(Interpreter::create(function));
  for (int sample = 0; sample < kSamples; ++sample) {
    auto seeAccumulator = [&](Operation *op, const Tensor &acc) {
      addChannels(means[llvm::find(layers, op) - layers.begin()], acc, 1.0, 0);
    };
    auto seeResult = [&](Operation *op, const Tensor &value) {
      for (auto [layer, mean] : llvm::zip_equal(layers, means)) {
        auto conv = dyn_cast<Conv2DOp>(layer.getOperation());
        if (!conv || !conv.getResidual() || conv.getResidual().getDefiningOp() != op)
          continue;
        QuantParams residual = *getQuantParams(conv.getResidual().getType());
        QuantParams weights = *getQuantParams(conv.getWeights().getType());
        float input = getQuantParams(conv.getInput().getType())->scale(0);
        std::vector<double> own;
        addChannels(own, value, residual.scale(0), residual.zeroPoint(0));
        mean.resize(own.size());
        for (auto [channel, part] : llvm::enumerate(own))
          mean[channel] += part / (double(input) * weights.scale(channel));
      }
    };
    InterpreterTaps taps;
    taps.accumulator = seeAccumulator;
    taps.result = seeResult;
    llvm::cantFail(interpreter.run({subject.sample(sample)}, taps));
  }
  return means;
}

/// The float means in the same units.
std::vector<double> getTargets(WeightedOpInterface layer) {
  auto recorded = layer->getAttrOfType<DenseF32ArrayAttr>(kMeanBeforeAttr);
  QuantParams weights = *getQuantParams(layer.getWeightsValue().getType());
  double input = getQuantParams(layer.getActivationValue().getType())->scale(0);
  std::vector<double> targets;
  for (auto [channel, mean] : llvm::enumerate(recorded.asArrayRef()))
    targets.push_back(mean / (input * weights.scale(channel)));
  return targets;
}

TEST(BiasCorrectionTest, AccumulatorsHaveTheFloatMeans) {
  int layersSeen = 0, residuals = 0;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Subject subject(seed);
    if (!subject)
      continue;
    OwningOpRef<ModuleOp> corrected = subject.correct("pre", "reference");
    ASSERT_TRUE(corrected);
    Means means = measure(subject, *corrected->getOps<func::FuncOp>().begin());
    for (auto [layer, mean] :
         llvm::zip_equal(subject.original().getOps<WeightedOpInterface>(), means)) {
      WeightedOpInterface op = layer;
      if (!op->hasAttr(kMeanBeforeAttr))
        continue;
      ++layersSeen;
      residuals += op->hasAttr(kMeanAccumulatorAttr);
      for (auto [target, measured] : llvm::zip_equal(getTargets(op), mean))
        EXPECT_NEAR(measured, target, 0.5 + 1e-6 * std::abs(target)) << getLayerName(op).str();
    }
  }
  EXPECT_GT(layersSeen, 50);
  EXPECT_GT(residuals, 0);
}

TEST(BiasCorrectionTest, EnginesAndThreadsGiveTheSameBytes) {
  int networks = 0;
  for (uint32_t seed = 0; seed < 60 && networks < 4; ++seed) {
    SCOPED_TRACE(seed);
    Subject subject(seed);
    if (!subject)
      continue;
    ++networks;
    OwningOpRef<ModuleOp> reference = subject.correct("pre+post", "reference");
    OwningOpRef<ModuleOp> jit = subject.correct("pre+post", "auto");
    OwningOpRef<ModuleOp> threaded = subject.correct("pre+post", "auto", /*threaded=*/true);
    ASSERT_TRUE(reference && jit && threaded);
    EXPECT_NE(getBiases(*reference), getBiases(subject.original()->getParentOfType<ModuleOp>()));
    EXPECT_EQ(getBiases(*reference), getBiases(*jit));
    EXPECT_EQ(getBiases(*reference), getBiases(*threaded));
  }
  EXPECT_EQ(networks, 4);
}

} // namespace

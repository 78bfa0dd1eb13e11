// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random float networks down the whole road: observed, calibrated, nudged, converted, proven. Every
// network either reaches the quantized level and computes there what it simulates, or is refused
// with a sentence about batch normalization that could not be folded.
#include "../ExecutionEngine/RandomFloatNetwork.h"
#include "../ExecutionEngine/RandomSamples.h"

#include "qopt/Calibration/Calibrate.h"
#include "qopt/Calibration/Passes.h"
#include "qopt/Dialect/QOpt/Transforms/Passes.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/Pipelines/Quantization.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

namespace {

constexpr int kSamples = 6;

/// One network, its data, and what was said about it.
class Road {
public:
  explicit Road(uint32_t seed) : network(seed), context(makeRegistry()) {
    context.loadAllAvailableDialects();
    context.disableMultithreading();
    {
      ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
      module = parseSourceString<ModuleOp>(network.text(), &context);
    }
    if (module)
      samples.emplace(function(), seed, kSamples);
  }

  /// False for the few networks whose windows leave nothing of the image.
  bool isValid() const { return static_cast<bool>(module); }

  template <typename Options>
  LogicalResult run(void (*build)(OpPassManager &, const Options &), const Options &options) {
    PassManager manager(&context);
    build(manager, options);
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        message += diagnostic.str();
      return success();
    });
    return manager.run(*module);
  }

  LogicalResult calibrate(StringRef contract, StringRef weights) {
    CalibrateOptions options;
    options.data = samples->path();
    options.contract = contract.str();
    options.weights = weights.str();
    return run(buildCalibratePipeline, options);
  }
  LogicalResult quantize(StringRef contract) {
    QuantizeOptions options;
    options.contract = contract.str();
    return run(buildQuantizePipeline, options);
  }

  LogicalResult makeUnsigned() {
    auto build = +[](OpPassManager &manager, const RewriteStorageOptions &options) {
      manager.addNestedPass<func::FuncOp>(createRewriteStorage(options));
    };
    RewriteStorageOptions options;
    options.signedness = "unsigned";
    return run(build, options);
  }

  /// Both results for all samples.
  std::vector<float> evaluate() { return samples->evaluate(function()); }

  std::string message;

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registry.insert<func::FuncDialect, QOptDialect>();
    registerEvaluationModels(registry);
    return registry;
  }
  func::FuncOp function() { return *module->getOps<func::FuncOp>().begin(); }

  test::RandomFloatNetwork network;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::optional<test::RandomSamples> samples;
};

/// 10 log10 of signal over error.
double getSqnr(ArrayRef<float> reference, ArrayRef<float> values) {
  double signal = 1e-20, error = 1e-20;
  for (auto [r, v] : llvm::zip_equal(reference, values)) {
    signal += double(r) * r;
    error += (double(v) - r) * (double(v) - r);
  }
  return 10 * std::log10(signal / error);
}

TEST(RandomCalibration, NetworksReachTheQuantizedLevel) {
  int arrived = 0;
  double sumToFloat = 0;
  for (uint32_t seed = 0; seed < 120; ++seed) {
    const char *contract = seed % 2 ? "fixed" : "fp32";
    Road road(seed);
    if (!road.isValid())
      continue;
    ASSERT_TRUE(succeeded(road.run(buildPreparePipeline, PrepareOptions()))) << road.message;
    std::vector<float> floats = road.evaluate();
    if (failed(road.calibrate(contract, seed % 3 ? "per-channel" : "per-tensor"))) {
      ASSERT_NE(road.message.find("qopt-fold-batch-norm"), std::string::npos) << road.message;
      continue;
    }
    std::vector<float> simulated = road.evaluate();
    ASSERT_TRUE(succeeded(road.quantize(contract))) << "seed " << seed << ": " << road.message;
    std::vector<float> quantized = road.evaluate();
    // Single roundings differ between the levels, and later layers see them.
    EXPECT_GT(getSqnr(simulated, quantized), 20.0) << "seed " << seed;
    ASSERT_TRUE(succeeded(road.makeUnsigned())) << "seed " << seed << ": " << road.message;
    EXPECT_EQ(road.evaluate(), quantized) << "seed " << seed;
    sumToFloat += getSqnr(floats, quantized);
    ++arrived;
  }
  EXPECT_GT(arrived, 60);
  EXPECT_GT(sumToFloat / arrived, 25.0);
}

TEST(RandomCalibration, ThreadsAndOrderChangeNothing) {
  std::vector<NamedRange> ranges[2];
  for (int threads = 0; threads < 2; ++threads) {
    DialectRegistry registry;
    registry.insert<func::FuncDialect, QOptDialect>();
    registerEvaluationModels(registry);
    MLIRContext context(registry, threads ? MLIRContext::Threading::ENABLED
                                          : MLIRContext::Threading::DISABLED);
    auto module = parseSourceString<ModuleOp>(R"mlir(
      func.func @net(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
        %0 = qopt.observe %x {name = "a"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
        %1 = qopt.observe %0 {name = "b", calibrator = "moving-average"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
        %2 = qopt.observe %1 {name = "c", calibrator = "percentile"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
        return %2 : tensor<1x8xf32>
      })mlir",
                                              &context);
    ASSERT_TRUE(module);
    std::mt19937 random(1);
    std::normal_distribution<float> values;
    std::vector<float> data(8 * 100);
    std::generate(data.begin(), data.end(), [&] { return values(random); });
    SmallString<128> path;
    llvm::sys::fs::createTemporaryFile("qopt-threads", "npy", path);
    llvm::cantFail(writeArrayFile(
        path,
        ArrayView{"", ArrayType::F32, {100, 8}, reinterpret_cast<const char *>(data.data())}));
    auto function = *module->getOps<func::FuncOp>().begin();
    {
      ArrayFile file = llvm::cantFail(ArrayFile::open(path));
      SampleSource source = llvm::cantFail(SampleSource::create(function, file));
      llvm::cantFail(calibrate(function, source));
    }
    llvm::sys::fs::remove(path);
    llvm::append_range(ranges[threads], getRanges(function));
  }
  ASSERT_EQ(ranges[0].size(), 3u);
  for (auto [one, many] : llvm::zip_equal(ranges[0], ranges[1])) {
    EXPECT_EQ(one.lo, many.lo) << one.name;
    EXPECT_EQ(one.hi, many.hi) << one.name;
  }
}

} // namespace

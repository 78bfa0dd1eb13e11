// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mixed networks of random float networks: all layers quantized they give what the integer program
// gives, and nothing depends on the number of threads.
#include "../ExecutionEngine/RandomFloatNetwork.h"
#include "../ExecutionEngine/RandomSamples.h"

#include "qopt/Diagnostics/MeasureErrors.h"
#include "qopt/Diagnostics/Sensitivity.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/InitAll.h"
#include "qopt/Pipelines/Quantization.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qopt;

namespace {

constexpr int kSamples = 6;

/// A float network, prepared, its quantized form, and data.
class Subject {
public:
  Subject(StringRef text, uint32_t seed, StringRef correctBias = "none")
      : context(makeRegistry(), MLIRContext::Threading::DISABLED) {
    ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
    exactModule = parseSourceString<ModuleOp>(text, &context);
    if (!exactModule)
      return;
    nameLayers();
    samples.emplace(exact(), seed, kSamples);
    PrepareOptions prepare;
    if (failed(run(*exactModule, [&](PassManager &pm) { buildPreparePipeline(pm, prepare); })))
      return;
    quantizedModule = exactModule->clone();
    auto build = [&](PassManager &manager) {
      CalibrateOptions calibrate;
      calibrate.data = samples->path();
      calibrate.recordMeans = correctBias != "none";
      buildCalibratePipeline(manager, calibrate);
      QuantizeOptions quantize;
      quantize.data = samples->path();
      quantize.correctBias = correctBias.str();
      buildQuantizePipeline(manager, quantize);
    };
    works = succeeded(run(*quantizedModule, build));
  }

  /// False for networks that do not quantize.
  explicit operator bool() const { return works; }

  func::FuncOp exact() { return *exactModule->getOps<func::FuncOp>().begin(); }
  func::FuncOp quantized() { return *quantizedModule->getOps<func::FuncOp>().begin(); }

  Sensitivity sensitivity(unsigned threads = 1) {
    ArrayFile file = llvm::cantFail(ArrayFile::open(samples->path()));
    SampleSource source = llvm::cantFail(SampleSource::create(exact(), file));
    NoisePrediction prediction =
        llvm::cantFail(predictNoise(exact(), samples->path(), /*perChannelWeights=*/true));
    SensitivityOptions options;
    options.prediction = &prediction;
    options.threads = threads;
    return llvm::cantFail(measureSensitivity(exact(), quantized(), source, options));
  }
  NetworkErrors errors(unsigned threads = 1) {
    ArrayFile file = llvm::cantFail(ArrayFile::open(samples->path()));
    SampleSource source = llvm::cantFail(SampleSource::create(exact(), file));
    MeasureOptions options;
    options.threads = threads;
    options.histograms = true;
    return llvm::cantFail(measureErrors(exact(), quantized(), source, options));
  }

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }
  template <typename Build> LogicalResult run(ModuleOp module, Build &&build) {
    PassManager manager(&context);
    build(manager);
    return manager.run(module);
  }
  /// Layers are matched by name.
  void nameLayers() {
    int number = 0;
    for (Operation &op : exact().front().without_terminator())
      if (!isa<ConstantOp>(op) && !op.hasAttr(kLayerAttr))
        op.setAttr(kLayerAttr, StringAttr::get(&context, "layer" + Twine(number++)));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> exactModule, quantizedModule;
  std::optional<test::RandomSamples> samples;
  bool works = false;
};

constexpr StringRef kOneLayer = R"(
  func.func @net(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x3xf32> {
    %w = qopt.constant dense<[[0.3, -0.7, 0.11, 0.9], [1.1, 0.23, -0.4, 0.05],
                              [-0.6, 0.37, 0.81, -0.19]]> : tensor<3x4xf32>
    %y = qopt.matmul %x, %w {qopt.layer = "fc"}
         : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
    return %y : tensor<1x3xf32>
  }
)";

/// Single ties matter in small networks, and constants that are added to activations are rounded in
/// the integer program alone.
constexpr double kTolerance = 2.0; // dB

} // namespace

/// With two places that round, leaving one in float is quantizing the other alone.
TEST(Sensitivity, TwoSitesAreEachOthersComplement) {
  Subject subject(kOneLayer, 1);
  ASSERT_TRUE(subject);
  Sensitivity found = subject.sensitivity();
  ASSERT_EQ(found.sites.size(), 2u);
  EXPECT_EQ(found.sites[0].name, "x");
  EXPECT_EQ(found.sites[0].exact, nullptr);
  EXPECT_EQ(found.sites[1].name, "fc");
  EXPECT_EQ(found.sites[1].macs, 12);
  EXPECT_EQ(found.macs, 12);
  EXPECT_FALSE(found.correctsBiases);
  EXPECT_EQ(found.sites[0].keptFloat.sqnrDb(), found.sites[1].onlyQuantized.sqnrDb());
  EXPECT_EQ(found.sites[1].keptFloat.sqnrDb(), found.sites[0].onlyQuantized.sqnrDb());
  ASSERT_EQ(found.kept.size(), 1u);
  EXPECT_EQ(found.kept[0].sites, std::vector<size_t>{1});
  EXPECT_EQ(found.kept[0].outputs.sqnrDb(), found.sites[1].keptFloat.sqnrDb());
}

/// Rounding errors of few values scatter; that it is the right order of magnitude can be seen. The
/// model expects wider ranges of inputs than those of few samples.
TEST(Sensitivity, PredictionIsNearTheMeasurement) {
  Subject subject(kOneLayer, 1);
  ASSERT_TRUE(subject);
  Sensitivity found = subject.sensitivity();
  ASSERT_TRUE(found.sites[0].predictedSqnrDb && found.sites[1].predictedSqnrDb);
  EXPECT_NEAR(*found.sites[1].predictedSqnrDb, found.sites[1].onlyQuantized.sqnrDb(), 6.0);
}

TEST(Sensitivity, AllQuantizedIsTheIntegerProgram) {
  int compared = 0;
  for (uint32_t seed = 1; seed <= 16; ++seed) {
    test::RandomFloatNetwork network(seed);
    Subject subject(network.text(), seed);
    if (!subject)
      continue;
    double program = subject.errors().outputs.sqnrDb();
    double mixed = subject.sensitivity().allQuantized.sqnrDb();
    if (std::min(program, mixed) > 60)
      continue; // hardly any error to compare
    EXPECT_NEAR(program, mixed, kTolerance) << "seed " << seed;
    ++compared;
  }
  EXPECT_GT(compared, 4);
}

TEST(Sensitivity, ThreadsChangeNothing) {
  int compared = 0;
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    test::RandomFloatNetwork network(seed);
    Subject subject(network.text(), seed, "pre");
    if (!subject)
      continue;
    Sensitivity one = subject.sensitivity(1), three = subject.sensitivity(3);
    EXPECT_EQ(one.allQuantized.sqnrDb(), three.allQuantized.sqnrDb());
    for (auto [a, b] : llvm::zip_equal(one.sites, three.sites)) {
      EXPECT_EQ(a.onlyQuantized.sqnrDb(), b.onlyQuantized.sqnrDb()) << a.name;
      EXPECT_EQ(a.keptFloat.sqnrDb(), b.keptFloat.sqnrDb()) << a.name;
    }
    NetworkErrors first = subject.errors(1), second = subject.errors(3);
    EXPECT_EQ(first.outputs.sqnrDb(), second.outputs.sqnrDb());
    for (auto [a, b] : llvm::zip_equal(first.layers, second.layers)) {
      EXPECT_EQ(a.statistics.layer().noise, b.statistics.layer().noise) << a.pair.name;
      EXPECT_TRUE(a.values == b.values) << a.pair.name;
    }
    ++compared;
  }
  EXPECT_GT(compared, 1);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Equalization changes no output of a float network: random networks before and after.
#include "../ExecutionEngine/RandomFloatNetwork.h"
#include "../ExecutionEngine/RandomSamples.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Equalization/Passes.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/Pipelines/Quantization.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

namespace {

constexpr int kSamples = 3;

/// A random network and data for it, prepared in one way or another: equalized, or with "outliers"
/// split.
class Prepared {
public:
  Prepared(uint32_t seed, StringRef equalize, StringRef weights, bool threads = false)
      : network(seed), context(makeRegistry(), threads ? MLIRContext::Threading::ENABLED
                                                       : MLIRContext::Threading::DISABLED) {
    context.loadAllAvailableDialects();
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        message += diagnostic.str();
      return success();
    });
    module = parseSourceString<ModuleOp>(network.text(), &context);
    if (!module)
      return; // windows leave nothing of the image
    samples.emplace(function(), seed, kSamples);
    PrepareOptions options;
    bool splits = equalize == "outliers";
    options.equalize = splits ? "none" : equalize.str();
    options.weights = weights.str();
    options.data = samples->path();
    PassManager manager(&context);
    buildPreparePipeline(manager, options);
    if (splits)
      addSplit(manager, weights);
    works = succeeded(manager.run(*module));
  }
  std::vector<float> evaluate() { return samples->evaluate(function()); }
  /// Whether some op clamps its channels differently.
  bool hasChannelClamps() {
    bool found = false;
    module->walk([&](ClampedOpInterface op) {
      for (DenseF32ArrayAttr bounds : {op.getClampMinAttr(), op.getClampMaxAttr()})
        found |= bounds && bounds.size() > 1;
    });
    return found;
  }
  int64_t countMacs() {
    int64_t macs = 0;
    module->walk([&](WeightedOpInterface layer) { macs += layer.getMacs(); });
    return macs;
  }
  std::string print() {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module->print(stream);
    return text;
  }

  bool isValid() const { return static_cast<bool>(module); }

  bool works = false;
  std::string message;

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registry.insert<func::FuncDialect, QOptDialect>();
    registerEvaluationModels(registry);
    return registry;
  }
  void addSplit(PassManager &manager, StringRef weights) {
    SplitOutliersOptions split;
    split.data = samples->path();
    split.weights = weights.str();
    split.share = 1.0;
    split.granularity = 3;
    split.offset = 0.0;
    split.steps = 100;
    manager.addPass(createSplitOutliers(split));
  }
  func::FuncOp function() { return *module->getOps<func::FuncOp>().begin(); }

  test::RandomFloatNetwork network;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::optional<test::RandomSamples> samples;
};

/// ||values - reference|| / ||reference||.
double getRelativeChange(ArrayRef<float> reference, ArrayRef<float> values) {
  double signal = 1e-30, error = 0;
  for (auto [r, v] : llvm::zip_equal(reference, values)) {
    signal += double(r) * r;
    error += (double(v) - r) * (double(v) - r);
  }
  return std::sqrt(error / signal);
}

void expectExact(StringRef equalize, StringRef weights) {
  int changed = 0, widened = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    Prepared plain(seed, "none", weights), equalized(seed, equalize, weights);
    if (!plain.isValid())
      continue;
    ASSERT_TRUE(plain.works) << plain.message;
    if (StringRef(equalized.message).contains("comes before observers and grids"))
      continue;
    ASSERT_TRUE(equalized.works) << "seed " << seed << ": " << equalized.message;
    EXPECT_LE(getRelativeChange(plain.evaluate(), equalized.evaluate()), 1e-5) << "seed " << seed;
    changed += equalized.hasChannelClamps();
    widened += equalized.countMacs() > plain.countMacs();
  }
  EXPECT_GE(changed, 5);
  if (equalize == "outliers")
    EXPECT_GE(widened, 5);
}

TEST(Equalization, CrossLayerIsExact) { expectExact("cross-layer", "per-channel"); }
TEST(Equalization, NoiseModelIsExactPerTensor) { expectExact("noise-model", "per-tensor"); }
TEST(Equalization, NoiseModelIsExactPerChannel) { expectExact("noise-model", "per-channel"); }
TEST(Equalization, SplittingOutliersIsExactPerTensor) { expectExact("outliers", "per-tensor"); }
TEST(Equalization, SplittingOutliersIsExactPerChannel) { expectExact("outliers", "per-channel"); }

TEST(Equalization, ThreadsChangeNothing) {
  for (uint32_t seed : {1, 2, 3, 4, 5}) {
    Prepared one(seed, "noise-model", "per-tensor", /*threads=*/false);
    Prepared many(seed, "noise-model", "per-tensor", /*threads=*/true);
    if (one.isValid())
      EXPECT_EQ(one.print(), many.print()) << "seed " << seed;
  }
}

} // namespace

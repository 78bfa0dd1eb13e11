// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Stages.h"
#include "ModelFile.h"

#include "qopt/Pipelines/Quantization.h"
#include "qopt/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static StringRef getGranularity(const DriverOptions &options) {
  return options.perChannelWeights ? "per-channel" : "per-tensor";
}

/// Passes' own work is too small to share out; samples are not.
static Error runPipeline(ModuleOp module, StringRef path, StringRef what, unsigned threads,
                         llvm::function_ref<void(OpPassManager &)> build) {
  ThreadScope scope(module.getContext(), threads);
  DiagnosticCollector diagnostics(module.getContext());
  PassManager manager(module.getContext());
  build(manager);
  if (failed(manager.run(module)))
    return diagnostics.takeError(path, (what + " failed").str());
  return Error::success();
}

Error runFoldInput(ModuleOp module, StringRef path, const DriverOptions &options) {
  auto build = [&](OpPassManager &manager) {
    FoldInputNormalizationOptions fold;
    llvm::append_range(fold.mean, options.inputMean);
    llvm::append_range(fold.deviation, options.inputDeviation);
    manager.addNestedPass<func::FuncOp>(createFoldInputNormalization(fold));
  };
  return runPipeline(module, path, "folding the normalization of the input", options.threads,
                     build);
}

Error runPrepare(ModuleOp module, StringRef path, const DriverOptions &options) {
  auto build = [&](OpPassManager &manager) {
    PrepareOptions prepare;
    prepare.equalize = options.equalize;
    prepare.splitChannels = options.splitChannels;
    prepare.data = options.calibrationData;
    prepare.weights = getGranularity(options).str();
    prepare.round = options.round;
    buildPreparePipeline(manager, prepare);
  };
  return runPipeline(module, path, "preparing the float network", options.threads, build);
}

Error runCalibrate(ModuleOp module, StringRef path, const DriverOptions &options) {
  auto build = [&](OpPassManager &manager) {
    CalibrateOptions calibrate;
    calibrate.data = options.calibrationData;
    calibrate.ranges = options.rangesFile;
    calibrate.calibrator = options.calibrator;
    calibrate.weights = getGranularity(options).str();
    calibrate.activations = options.symmetricActivations ? "symmetric" : "asymmetric";
    calibrate.logits = options.io;
    calibrate.contract = options.numerics;
    calibrate.recordMeans = options.correctBias != "none";
    calibrate.biasBits = options.biasBits;
    calibrate.weightRanges = options.weightRanges;
    calibrate.round = options.round;
    calibrate.progress = options.progress;
    buildCalibratePipeline(manager, calibrate);
  };
  return runPipeline(module, path, "calibration", options.threads, build);
}

Error runQuantize(ModuleOp module, StringRef path, const DriverOptions &options) {
  auto build = [&](OpPassManager &manager) {
    QuantizeOptions quantize;
    quantize.contract = options.numerics;
    quantize.io = options.io;
    quantize.correctBias = options.correctBias;
    quantize.data = options.calibrationData;
    quantize.biasBits = options.biasBits;
    buildQuantizePipeline(manager, quantize);
  };
  return runPipeline(module, path, "quantization", options.threads, build);
}

} // namespace qopt

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
template <typename OptionsT>
static Error runPipeline(ModuleOp module, StringRef path, StringRef what, unsigned threads,
                         void (*build)(OpPassManager &, const OptionsT &),
                         const OptionsT &options) {
  ThreadScope scope(module.getContext(), threads);
  DiagnosticCollector diagnostics(module.getContext());
  PassManager manager(module.getContext());
  build(manager, options);
  if (failed(manager.run(module)))
    return diagnostics.takeError(path, (what + " failed").str());
  return Error::success();
}

static void buildFoldInputPipeline(OpPassManager &manager,
                                   const FoldInputNormalizationOptions &options) {
  manager.addNestedPass<func::FuncOp>(createFoldInputNormalization(options));
}

Error runFoldInput(ModuleOp module, StringRef path, const DriverOptions &options) {
  FoldInputNormalizationOptions fold;
  llvm::append_range(fold.mean, options.inputMean);
  llvm::append_range(fold.deviation, options.inputDeviation);
  return runPipeline(module, path, "folding the normalization of the input", options.threads,
                     buildFoldInputPipeline, fold);
}

Error runPrepare(ModuleOp module, StringRef path, const DriverOptions &options) {
  PrepareOptions prepare;
  prepare.equalize = options.equalize;
  prepare.splitChannels = options.splitChannels;
  prepare.splitOutliers = options.splitOutliers / 100;
  prepare.data = options.calibrationData;
  prepare.weights = getGranularity(options).str();
  prepare.round = options.round;
  return runPipeline(module, path, "preparing the float network", options.threads,
                     buildPreparePipeline, prepare);
}

Error runCalibrate(ModuleOp module, StringRef path, const DriverOptions &options) {
  CalibrateOptions calibrate;
  calibrate.data = options.calibrationData;
  calibrate.ranges = options.rangesFile;
  calibrate.calibrator = options.calibrator;
  calibrate.exactInputs = options.exactInputs;
  calibrate.weights = getGranularity(options).str();
  calibrate.activations = options.symmetricActivations ? "symmetric" : "asymmetric";
  calibrate.logits = options.io;
  calibrate.contract = options.numerics;
  calibrate.recordMeans = options.correctBias != "none";
  calibrate.biasBits = options.biasBits;
  calibrate.weightRanges = options.weightRanges;
  calibrate.round = options.round;
  calibrate.progress = options.progress;
  return runPipeline(module, path, "calibration", options.threads, buildCalibratePipeline,
                     calibrate);
}

Error runQuantize(ModuleOp module, StringRef path, const DriverOptions &options) {
  QuantizeOptions quantize;
  quantize.contract = options.numerics;
  quantize.io = options.io;
  quantize.correctBias = options.correctBias;
  quantize.data = options.calibrationData;
  quantize.biasBits = options.biasBits;
  return runPipeline(module, path, "quantization", options.threads, buildQuantizePipeline,
                     quantize);
}

} // namespace qopt

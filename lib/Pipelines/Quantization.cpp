// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Pipelines/Quantization.h"

#include "qopt/BiasCorrection/Passes.h"
#include "qopt/Calibration/Passes.h"
#include "qopt/Conversion/Passes.h"
#include "qopt/Dialect/QOpt/Transforms/Passes.h"
#include "qopt/Equalization/Passes.h"
#include "qopt/Rounding/Passes.h"
#include "qopt/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace qopt;

/// Rounding by the Hessian leaves about half of the energy of nearest rounding: 0.45 for
/// MobileNet's weights per channel. The exact share matters little, scales move by its square root
/// at most.
constexpr double kHessianWeightNoise = 0.5;

static double getWeightNoise(const PrepareOptions &options) {
  return options.round == "hessian" ? kHessianWeightNoise : 1.0;
}

/// Copies and, for the noise model, the scales that go with them. Other scales stay as they are.
static void addOutlierSplit(OpPassManager &manager, const PrepareOptions &options) {
  SplitOutliersOptions split;
  split.data = options.data;
  split.weights = options.weights;
  split.weightNoise = getWeightNoise(options);
  split.share = options.splitOutliers;
  if (options.equalize != "noise-model")
    split.steps = 0;
  manager.addPass(createSplitOutliers(split));
}

/// Scales move while every layer still has all its channels: a dead one may take a copy of another.
static void addEqualization(OpPassManager &manager, const PrepareOptions &options) {
  bool splitsOutliers = options.splitOutliers >= 0;
  if (options.equalize == "cross-layer")
    manager.addNestedPass<func::FuncOp>(createEqualizeCrossLayer());
  if (options.equalize == "noise-model" && !splitsOutliers) {
    EqualizeNoiseModelOptions equalize;
    equalize.data = options.data;
    equalize.weights = options.weights;
    equalize.weightNoise = getWeightNoise(options);
    manager.addPass(createEqualizeNoiseModel(equalize));
  }
  if (splitsOutliers)
    addOutlierSplit(manager, options);
  // Split outliers have used the slots of dead channels already.
  if (options.splitChannels && !splitsOutliers) {
    SplitIntoDeadSlotsOptions split;
    split.data = options.data;
    manager.addPass(createSplitIntoDeadSlots(split));
  }
}

void qopt::buildPreparePipeline(OpPassManager &manager, const PrepareOptions &options) {
  OpPassManager &network = manager.nest<func::FuncOp>();
  network.addPass(createCanonicalizerPass());
  network.addPass(createFoldConstants());
  network.addPass(createFoldTransposes());
  // Variances are known only until batch norm is folded.
  ZeroDeadChannelsOptions dead;
  dead.threshold = options.deadVariance;
  network.addPass(createZeroDeadChannels(dead));
  network.addPass(createFoldBatchNorm());
  // Batch norm stands between a layer and its activation, so clamps fuse after it is gone.
  network.addPass(createFuseActivations());
  addEqualization(manager, options);
  OpPassManager &equalized = manager.nest<func::FuncOp>();
  // Last of all: other passes may still use a dead channel's slot.
  equalized.addPass(createDropDeadChannels());
  equalized.addPass(createCanonicalizerPass());
  equalized.addPass(createVerifyFloat());
}

void qopt::buildCalibratePipeline(OpPassManager &manager, const CalibrateOptions &options) {
  // The network is in its last float form, and no observer stands between a layer and its readers.
  if (options.recordMeans) {
    RecordMeansOptions means;
    means.data = options.data;
    manager.addPass(createRecordMeans(means));
  }
  InsertObserversOptions observers;
  observers.calibrator = options.calibrator;
  manager.addNestedPass<func::FuncOp>(createInsertObservers(observers));

  RunCalibrationOptions run;
  run.data = options.data;
  run.ranges = options.ranges;
  run.exactInputs = options.exactInputs;
  run.progress = options.progress;
  manager.addPass(createRunCalibration(run));

  NudgeRangesOptions nudge;
  nudge.weights = options.weights;
  nudge.activations = options.activations;
  nudge.logits = options.logits;
  nudge.fuseResiduals = options.contract == "fp32";
  nudge.biasBits = options.biasBits;
  nudge.weightRanges = options.weightRanges;
  nudge.powerOfTwo = options.contract == "power-of-two";
  manager.addNestedPass<func::FuncOp>(createNudgeRanges(nudge));
  if (options.round == "hessian") {
    RoundHessianOptions round;
    round.data = options.data;
    round.progress = options.progress;
    manager.addPass(createRoundHessian(round));
  }
  manager.addNestedPass<func::FuncOp>(createVerifySimulated());
}

/// Corrects the program as it will run, so after everything else; but proofs hold for the constants
/// as they are, so they are repeated.
static void addBiasCorrection(OpPassManager &manager, const QuantizeOptions &options) {
  if (options.correctBias == "none")
    return;
  CorrectBiasOptions correct;
  correct.data = options.data;
  correct.mode = options.correctBias;
  correct.bits = options.biasBits;
  manager.addPass(createCorrectBias(correct));
  manager.addNestedPass<func::FuncOp>(createProveAccumulators());
}

void qopt::buildQuantizePipeline(OpPassManager &manager, const QuantizeOptions &options) {
  OpPassManager &network = manager.nest<func::FuncOp>();
  ConvertQOptFakeQuantToQuantizedOptions convert;
  convert.contract = options.contract;
  convert.io = options.io;
  network.addPass(createConvertQOptFakeQuantToQuantized(convert));
  network.addPass(createCanonicalizerPass());
  // Only stored values tell which bounds saturation enforces.
  network.addPass(createFuseClamps());
  network.addPass(createProveAccumulators());
  addBiasCorrection(manager, options);
  manager.addNestedPass<func::FuncOp>(createVerifyQuantized());
}

void qopt::registerQuantizationPipelines() {
  PassPipelineRegistration<PrepareOptions>("qopt-prepare",
                                           "float level: fold constants and batch norm, fuse "
                                           "activations, silence and drop dead channels",
                                           buildPreparePipeline);
  PassPipelineRegistration<CalibrateOptions>(
      "qopt-calibrate",
      "float level to simulated level: insert observers, run data or read ranges, choose grids",
      buildCalibratePipeline);
  PassPipelineRegistration<QuantizeOptions>(
      "qopt-quantize",
      "simulated level to quantized level: change types, fuse clamps, prove accumulators",
      buildQuantizePipeline);
}

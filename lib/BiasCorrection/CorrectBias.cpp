// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/BiasCorrection/Passes.h"

#include "BiasCorrector.h"
#include "Means.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Quantization/Bias.h"

namespace qopt {
#define GEN_PASS_DEF_CORRECTBIAS
#include "qopt/BiasCorrection/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct CorrectBiasPass : qopt::impl::CorrectBiasBase<CorrectBiasPass> {
  using CorrectBiasBase::CorrectBiasBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error run();
  llvm::Expected<BiasCorrectionOptions> readOptions();
  llvm::Expected<std::unique_ptr<TunableNetwork>> createEngine(func::FuncOp network,
                                                               unsigned threads);
};

} // namespace

llvm::Expected<BiasCorrectionOptions> CorrectBiasPass::readOptions() {
  if (mode != "pre" && mode != "post" && mode != "pre+post")
    return llvm::createStringError("unknown mode '" + mode + "': use pre, post or pre+post");
  if (bits != 16 && bits != 32)
    return llvm::createStringError("biases have 16 or 32 bits, not %u", bits.getValue());
  if (!(leastSlope > 0 && leastSlope <= 1))
    return llvm::createStringError("least-slope is above 0 and at most 1");
  if (residualShift != "correct" && residualShift != "keep")
    return llvm::createStringError("unknown residual-shift '" + residualShift +
                                   "': use correct or keep");
  if (engine != "auto" && engine != "jit" && engine != "reference")
    return llvm::createStringError("unknown engine '" + engine + "': use auto, jit or reference");
  BiasCorrectionOptions options;
  options.before = mode != "post";
  options.after = mode != "pre";
  options.steps = steps;
  options.leastSlope = leastSlope;
  options.limit = bits == 16 ? numerics::kBiasLimit16 : numerics::kBiasLimit32;
  options.correctsResiduals = residualShift == "correct";
  return options;
}

llvm::Expected<std::unique_ptr<TunableNetwork>> CorrectBiasPass::createEngine(func::FuncOp network,
                                                                              unsigned threads) {
  if (engine == "reference")
    return createTunableReference(network);
  auto jit = createTunableJit(network, threads);
  if (jit || engine == "jit")
    return jit;
  llvm::consumeError(jit.takeError()); // no code for this machine: slower, the same bytes
  return createTunableReference(network);
}

/// Every layer that is going to be corrected gets a bias that nothing else reads.
static llvm::Error prepareBiases(func::FuncOp network) {
  for (auto layer : llvm::to_vector(network.getOps<WeightedOpInterface>())) {
    if (!layer->hasAttr(kMeanBeforeAttr))
      continue;
    Value bias = layer.getBiasValue();
    ConstantOp constant = bias ? getConstant(bias) : ConstantOp();
    if (!isQuantized(layer.getActivationValue()) || !getConstant(layer.getWeightsValue()) ||
        (bias && !constant))
      return llvm::createStringError("layer '" + getLayerName(layer) +
                                     "' is not on the quantized level, or its parameters are not "
                                     "constant; run qopt-quantize first");
    if (bias && bias.hasOneUse())
      continue;
    int64_t outputs = cast<RankedTensorType>(layer->getResult(0).getType()).getShape().back();
    SmallVector<int32_t> values(outputs, 0);
    if (constant)
      values = *getInt32s(constant);
    OpBuilder builder(layer);
    layer.setBiasValue(
        createInt32Constant(builder, layer->getLoc(), "bias", {outputs}, values).getOutput());
  }
  return llvm::Error::success();
}

static void removeMeans(func::FuncOp network) {
  for (Operation &op : network.getOps())
    for (StringRef name : {kMeanBeforeAttr, kMeanAfterAttr, kMeanAccumulatorAttr})
      op.removeDiscardableAttr(name);
}

llvm::Error CorrectBiasPass::run() {
  llvm::Expected<BiasCorrectionOptions> options = readOptions();
  if (!options)
    return options.takeError();
  if (data.empty())
    return llvm::createStringError("bias correction needs example inputs (data=X.npy)");
  llvm::Expected<func::FuncOp> network = selectLayered(getOperation(), function);
  if (!network)
    return network.takeError();
  llvm::Expected<SampleSource> source = SampleSource::open(*network, data);
  if (!source)
    return source.takeError();
  if (llvm::Error error = prepareBiases(*network))
    return error;
  unsigned threads = std::min<int64_t>(getNumThreads(&getContext()), source->numBatches());
  auto runnable = createEngine(*network, threads);
  if (!runnable)
    return runnable.takeError();
  BiasCorrector corrector(*network, **runnable, *source, threads, *options);
  if (llvm::Error error = corrector.run())
    return error;
  runnable->reset(); // it refers to the biases of before
  numCorrected += corrector.commit();
  removeMeans(*network);
  return llvm::Error::success();
}

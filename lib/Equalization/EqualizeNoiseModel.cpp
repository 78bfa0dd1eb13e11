// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-equalize-noise-model: see Passes.td.
#include "qopt/Equalization/Passes.h"

#include "NoiseModel.h"
#include "qopt/Calibration/CalibratedPass.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace qopt {
#define GEN_PASS_DEF_EQUALIZENOISEMODEL
#include "qopt/Equalization/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct EqualizeNoiseModelPass : qopt::impl::EqualizeNoiseModelBase<EqualizeNoiseModelPass> {
  using EqualizeNoiseModelBase::EqualizeNoiseModelBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error run();
};

} // namespace

llvm::Error EqualizeNoiseModelPass::run() {
  if (llvm::Error error = checkNoiseOptions(weights, weightNoise))
    return error;
  if (data.empty())
    return llvm::createStringError("noise-model equalization measures activations: it needs "
                                   "example inputs (data=X.npy)");
  llvm::Expected<func::FuncOp> network = selectFloatNetwork(getOperation(), function);
  if (!network)
    return network.takeError();
  FailureOr<ScaleGraph> graph = ScaleGraph::build(*network);
  if (failed(graph)) {
    signalPassFailure(); // it has said why
    return llvm::Error::success();
  }
  graph->explainFixed();
  llvm::Expected<Measurements> measured = measureNetwork(*network, data);
  if (!measured)
    return measured.takeError();
  NoiseModel model(*network, *graph, *measured, weights == "per-channel", weightNoise);
  NoiseMinimum minimum = minimizeNoise(model, *graph, {steps, rate});
  applyScales(*graph, *network, minimum.logScales);
  if (minimum.before > 0.0)
    // At the location alone: an operation's own remark would print all of the network.
    emitRemark(network->getLoc()) << "predicted noise of the outputs: "
                                  << llvm::formatv(
                                         "{0:E3} before, {1:E3} after equalization ({2:F1} dB)",
                                         minimum.before, minimum.after,
                                         10.0 * std::log10(minimum.after / minimum.before))
                                         .str();
  numScaled += llvm::count_if(minimum.logScales, [](double u) { return u != 0.0; });
  return llvm::Error::success();
}

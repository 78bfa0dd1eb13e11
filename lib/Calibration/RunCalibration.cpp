// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Passes.h"

#include "qopt/Calibration/Calibrate.h"
#include "qopt/Calibration/CalibratedPass.h"

#include "llvm/Support/Process.h"

namespace qopt {
#define GEN_PASS_DEF_RUNCALIBRATION
#include "qopt/Calibration/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct RunCalibrationPass : qopt::impl::RunCalibrationBase<RunCalibrationPass> {
  using RunCalibrationBase::RunCalibrationBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error run();
  llvm::Error runOnData();
  llvm::Error readRanges();
  llvm::Error writeRanges();
  SmallVector<func::FuncOp> getNetworks();
  std::string getPrefix(func::FuncOp network);
};

} // namespace

constexpr StringLiteral kNoObservers =
    "the module has no observers; run qopt-insert-observers first";

llvm::Error RunCalibrationPass::run() {
  if (getNetworks().empty())
    return llvm::createStringError(kNoObservers);
  if (!data.empty())
    return runOnData();
  if (!ranges.empty())
    return readRanges();
  return llvm::createStringError("calibration needs example inputs (data=X.npy) or ranges "
                                 "(ranges=FILE)");
}

static bool hasObservers(func::FuncOp function) {
  return !function.isDeclaration() && !function.getOps<ObserveOp>().empty();
}

SmallVector<func::FuncOp> RunCalibrationPass::getNetworks() {
  SmallVector<func::FuncOp> networks;
  for (auto candidate : getOperation().getOps<func::FuncOp>())
    if (hasObservers(candidate))
      networks.push_back(candidate);
  return networks;
}

std::string RunCalibrationPass::getPrefix(func::FuncOp network) {
  return getNetworks().size() == 1 ? "" : (network.getName() + "/").str();
}

static void printProgress(int64_t done, int64_t total) {
  llvm::errs() << "\rcalibrating: " << done << " of " << total << (done == total ? "\n" : "");
}

llvm::Error RunCalibrationPass::runOnData() {
  llvm::Expected<func::FuncOp> network = selectNetwork(
      getOperation(), function, {hasObservers, "network with observers", kNoObservers});
  if (!network)
    return network.takeError();
  llvm::Expected<SampleSource> source = SampleSource::open(*network, data);
  if (!source)
    return source.takeError();
  CalibrationOptions options{{percentile, momentum}, exactInputs};
  if (progress && llvm::sys::Process::StandardErrIsDisplayed())
    options.progress = printProgress;
  if (llvm::Error error = calibrate(*network, *source, options))
    return error;
  return ranges.empty() ? llvm::Error::success() : writeRanges();
}

llvm::Error RunCalibrationPass::writeRanges() {
  SmallVector<NamedRange> all;
  for (func::FuncOp network : getNetworks())
    llvm::append_range(all, qopt::getRanges(network, getPrefix(network)));
  return writeRangesFile(ranges, all);
}

llvm::Error RunCalibrationPass::readRanges() {
  llvm::Expected<llvm::StringMap<NamedRange>> read = readRangesFile(ranges);
  if (!read)
    return read.takeError();
  for (func::FuncOp network : getNetworks())
    if (llvm::Error error = applyRanges(network, *read, getPrefix(network)))
      return llvm::createStringError(ranges + ": " + llvm::toString(std::move(error)));
  return llvm::Error::success();
}

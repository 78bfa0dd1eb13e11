// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Calibrate.h"

#include "qopt/Calibration/CalibratedPass.h"

#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

using namespace mlir;
using namespace qopt;

namespace {

/// One statistic per observer of a function.
using Observers = std::vector<std::unique_ptr<numerics::Observer>>;

/// Observes batches in parallel and folds what they saw in order.
class Calibration {
public:
  static llvm::Expected<Calibration> create(func::FuncOp function, const SampleSource &source,
                                            const CalibrationOptions &options);
  llvm::Error run();
  llvm::Error setRanges();

private:
  Calibration(func::FuncOp function, const SampleSource &source, const CalibrationOptions &options)
      : function(function), source(source), options(options) {
    MLIRContext *context = function.getContext();
    threads = getNumThreads(context);
  }

  llvm::Error runBlock(int64_t begin, int64_t end);
  llvm::Expected<Observers> observeBatch(int64_t batch) const;
  llvm::Error checkFinite(int64_t batch, const Observers &seen) const;

  func::FuncOp function;
  const SampleSource &source;
  const CalibrationOptions &options;
  unsigned threads;
  std::unique_ptr<FloatEngine> engine;
  SmallVector<ObserveOp> ops;
  llvm::DenseMap<Operation *, unsigned> indices;
  Observers totals;
};

} // namespace

llvm::Expected<Calibration> Calibration::create(func::FuncOp function, const SampleSource &source,
                                                const CalibrationOptions &options) {
  Calibration calibration(function, source, options);
  for (ObserveOp op : function.getOps<ObserveOp>()) {
    auto observer = createCalibrator(op.getCalibrator(), options.calibrator);
    if (!observer)
      return observer.takeError();
    // Only what reaches the network may have been stored in 8 bits before.
    if (options.exactInputs && isa<BlockArgument>(op.getInput()))
      *observer = numerics::createLatticeObserver(std::move(*observer));
    calibration.indices[op] = calibration.ops.size();
    calibration.ops.push_back(op);
    calibration.totals.push_back(std::move(*observer));
  }
  if (calibration.ops.empty())
    return llvm::createStringError("network '" + function.getName() +
                                   "' has no observers; run qopt-insert-observers first");
  auto engine = createFloatEngine(function);
  if (!engine)
    return engine.takeError();
  calibration.engine = std::move(*engine);
  return calibration;
}

/// Finite inputs may still overflow on their way; the first layer where they do is the one to tell.
llvm::Error Calibration::checkFinite(int64_t batch, const Observers &seen) const {
  for (auto [op, observer] : llvm::zip_equal(ops, seen)) {
    ObserveOp observed = op;
    if (observer && observer->nanCount() + observer->infCount() != 0)
      return llvm::createStringError(source.describeBatch(batch) + ": '" + observed.getName() +
                                     "' becomes NaN or infinite; check the network's weights and "
                                     "the scale of its input");
  }
  return llvm::Error::success();
}

llvm::Expected<Observers> Calibration::observeBatch(int64_t batch) const {
  auto inputs = source.getBatch(batch);
  if (!inputs)
    return inputs.takeError();
  Observers seen(totals.size());
  auto tap = [&](Operation *op, ArrayRef<float> values) {
    auto found = indices.find(op);
    if (found == indices.end())
      return;
    seen[found->second] = totals[found->second]->cloneEmpty();
    seen[found->second]->observe(values);
  };
  SmallVector<ArrayRef<float>> views(inputs->begin(), inputs->end());
  if (llvm::Error error = engine->run(views, tap))
    return error;
  if (llvm::Error error = checkFinite(batch, seen))
    return error;
  return seen;
}

/// Batches of a block run in parallel; a block is small so that the statistics in flight, a
/// histogram each at worst, stay few.
llvm::Error Calibration::runBlock(int64_t begin, int64_t end) {
  std::vector<Observers> seen(end - begin);
  llvm::Error error = parallelFor(threads, end - begin, [&](int64_t index) -> llvm::Error {
    llvm::Expected<Observers> observers = observeBatch(begin + index);
    if (!observers)
      return observers.takeError();
    seen[index] = std::move(*observers);
    return llvm::Error::success();
  });
  if (error)
    return error;
  for (const Observers &sample : seen)
    for (auto [total, part] : llvm::zip_equal(totals, sample))
      if (part)
        if (llvm::Error failed = total->merge(*part))
          return failed;
  return llvm::Error::success();
}

llvm::Error Calibration::run() {
  int64_t total = source.numBatches(), block = 4 * int64_t{threads};
  for (int64_t begin = 0; begin < total; begin += block) {
    int64_t end = std::min(total, begin + block);
    if (llvm::Error error = runBlock(begin, end))
      return error;
    if (options.progress)
      options.progress(end, total);
  }
  return llvm::Error::success();
}

llvm::Error Calibration::setRanges() {
  for (auto [op, observer] : llvm::zip_equal(ops, totals)) {
    ObserveOp observed = op;
    llvm::Expected<numerics::Range> range = observer->range();
    if (!range)
      return llvm::createStringError("observer '" + observed.getName() +
                                     "': " + llvm::toString(range.takeError()));
    float bounds[] = {static_cast<float>(range->lo), static_cast<float>(range->hi)};
    observed.setRangeAttr(DenseF32ArrayAttr::get(op->getContext(), bounds));
  }
  return llvm::Error::success();
}

llvm::Error qopt::calibrate(func::FuncOp function, const SampleSource &source,
                            const CalibrationOptions &options) {
  llvm::Expected<Calibration> calibration = Calibration::create(function, source, options);
  if (!calibration)
    return calibration.takeError();
  if (llvm::Error error = calibration->run())
    return error;
  return calibration->setRanges();
}

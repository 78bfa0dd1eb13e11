// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AccumulatorProof.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"
#include "qopt/Quantization/Add.h"
#include "qopt/Quantization/Requantize.h"

#include <limits>

using namespace mlir;
using namespace qopt;

constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

FailureOr<int64_t> qopt::proveAccumulator(AccumulatorOpInterface op) {
  std::optional<uint64_t> bound = op.getAccumulatorBound();
  if (!bound)
    return emitLayerError(op)
           << "its accumulator has no bound, as weights or bias are not constant";
  if (*bound > static_cast<uint64_t>(kInt32Max))
    return emitLayerError(op) << "its accumulator may reach " << *bound
                              << ", which exceeds 2^31 - 1; split the layer, or quantize its input "
                                 "or weights to fewer bits";
  return static_cast<int64_t>(*bound);
}

//===----------------------------------------------------------------------===//
// Multipliers
//===----------------------------------------------------------------------===//

static LogicalResult prove(Operation *op, const numerics::RealMultiplier &multiplier,
                           int64_t bound) {
  auto prepared = numerics::prepareMultiplier(toNumerics(getContract(op)), multiplier, bound);
  if (prepared)
    return success();
  return emitLayerError(op) << llvm::toString(prepared.takeError())
                            << "; widen the range of its result or use the contract fp32";
}

static LogicalResult proveWeighted(WeightedOpInterface op, int64_t bound) {
  float x = getGrid(op.getActivationValue()).scale, y = getGrid(op->getResult(0)).scale;
  QuantParams weights = *getQuantParams(op.getWeightsValue().getType());
  for (float w : weights.scales)
    if (failed(prove(op, numerics::productMultiplier(x, w, y), bound)))
      return failure();
  return success();
}

static LogicalResult proveSum(Operation *op) {
  auto constants =
      numerics::prepareAdd(toNumerics(getContract(op)), getGrid(op->getOperand(0)),
                           getGrid(op->getOperand(1)), getGrid(op->getResult(0)).scale);
  if (constants)
    return success();
  return emitLayerError(op) << llvm::toString(constants.takeError())
                            << "; widen the range of its result or use the contract fp32";
}

/// Elements that a mean or a whole window of an average pool covers; partial windows cover fewer,
/// so both ends are proven.
static LogicalResult proveAverage(Operation *op, int64_t count) {
  float x = getGrid(op->getOperand(0)).scale, y = getGrid(op->getResult(0)).scale;
  int64_t bound = *cast<AccumulatorOpInterface>(op).getAccumulatorBound();
  return success(succeeded(prove(op, numerics::averageMultiplier(x, y, count), bound)) &&
                 succeeded(prove(op, numerics::averageMultiplier(x, y, 1), bound)));
}

LogicalResult qopt::proveMultipliers(Operation *op) {
  if (op->getNumResults() != 1 || !isQuantized(op->getResult(0)))
    return success();
  float y = getQuantParams(op->getResult(0).getType())->scale(0);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<WeightedOpInterface>([&](auto weighted) {
        auto bound = cast<AccumulatorOpInterface>(op).getAccumulatorBound();
        return proveWeighted(weighted, bound ? static_cast<int64_t>(*bound) : kInt32Max);
      })
      .Case<AddOp, SubOp>([&](auto sum) { return proveSum(sum); })
      .Case<MulOp>([&](MulOp mul) {
        auto multiplier = numerics::productMultiplier(getGrid(mul.getLhs()).scale,
                                                      getGrid(mul.getRhs()).scale, y);
        return prove(op, multiplier, 255 * 255);
      })
      .Case<AvgPool2DOp>([&](AvgPool2DOp pool) {
        return proveAverage(op, pool.getKernel()[0] * pool.getKernel()[1]);
      })
      .Case<ReduceMeanOp>([&](ReduceMeanOp mean) {
        int64_t count = mean.getInput().getType().getNumElements() /
                        std::max<int64_t>(mean.getOutput().getType().getNumElements(), 1);
        float x = getGrid(mean.getInput()).scale;
        return prove(op, numerics::averageMultiplier(x, y, std::max<int64_t>(count, 1)),
                     *mean.getAccumulatorBound());
      })
      .Case<RequantizeOp>([&](RequantizeOp requantize) {
        float x = getGrid(requantize.getInput()).scale;
        return prove(op, numerics::ratioMultiplier(x, y), 255);
      })
      .Default(success());
}

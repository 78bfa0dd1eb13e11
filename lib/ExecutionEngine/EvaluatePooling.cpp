// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of pools and means.
#include "EvaluationSupport.h"
#include "ModelRegistration.h"

#include "qopt/Quantization/AccumulatorBound.h"
#include "qopt/Quantization/FloatKernels.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

/// s_x / (s_y·count) under the contract of `op`.
static llvm::Expected<numerics::Multiplier> getAverageMultiplier(Operation *op, int64_t count) {
  numerics::Grid input = getGrid(op->getOperand(0)), output = getGrid(op->getResult(0));
  int64_t bound = boundSum(input.storage, input.zeroPoint, count).maxAbs();
  return prepareMultiplier(toNumerics(getContract(op)),
                           numerics::averageMultiplier(input.scale, output.scale, count), bound);
}

/// Entry n is the multiplier of n counted taps; entry 0 is never read.
static llvm::Expected<SmallVector<numerics::Multiplier>> getMultipliersByCount(Operation *op,
                                                                               int64_t taps) {
  SmallVector<numerics::Multiplier> multipliers{numerics::Fp32Multiplier{0.0f}};
  for (int64_t count = 1; count <= taps; ++count) {
    auto multiplier = getAverageMultiplier(op, count);
    if (!multiplier)
      return multiplier.takeError();
    multipliers.push_back(*multiplier);
  }
  return multipliers;
}

namespace {

struct AvgPoolModel : public EvaluationOpInterface::ExternalModel<AvgPoolModel, AvgPool2DOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<AvgPool2DOp>(operation);
    numerics::Window window =
        getWindow(Window::get(op.getKernel(), op.getStrides(), op.getPads(), {1, 1}));
    bool countPadding = op.getCountIncludePad();
    if (!isQuantized(op.getInput()))
      return setReals(op, context, [&](numerics::Reals out) {
        numerics::averagePoolFloat(getReals(context, op.getInput()), window, countPadding, out);
      });
    auto multipliers = getMultipliersByCount(op, window.kernelH * window.kernelW);
    if (!multipliers)
      return multipliers.takeError();
    ResultBounds bounds = getResultBounds(op.getOutput());
    return setCodes(op, context, [&](numerics::Codes out) {
      averagePoolCodes(getOperand(context, op.getInput()), window, countPadding, *multipliers,
                       bounds.rule(), out);
    });
  }
};

struct MaxPoolModel : public EvaluationOpInterface::ExternalModel<MaxPoolModel, MaxPool2DOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<MaxPool2DOp>(operation);
    numerics::Window window =
        getWindow(Window::get(op.getKernel(), op.getStrides(), op.getPads(), op.getDilations()));
    if (!isQuantized(op.getInput()))
      return setReals(op, context, [&](numerics::Reals out) {
        numerics::maxPoolFloat(getReals(context, op.getInput()), window, out);
      });
    int32_t least = getGrid(op.getInput()).storage.min;
    return setCodes(op, context, [&](numerics::Codes out) {
      maxPoolCodes(context.get(op.getInput()).codeView(), window, least, out);
    });
  }
};

struct ReduceMeanModel
    : public EvaluationOpInterface::ExternalModel<ReduceMeanModel, ReduceMeanOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<ReduceMeanOp>(operation);
    if (!isQuantized(op.getInput()))
      return setReals(op, context, [&](numerics::Reals out) {
        numerics::meanFloat(getReals(context, op.getInput()), op.getAxes(), out);
      });
    int64_t inputs = op.getInput().getType().getNumElements();
    int64_t outputs = std::max<int64_t>(op.getOutput().getType().getNumElements(), 1);
    auto multiplier = getAverageMultiplier(op, std::max<int64_t>(inputs / outputs, 1));
    if (!multiplier)
      return multiplier.takeError();
    ResultBounds bounds = getResultBounds(op.getOutput());
    return setCodes(op, context, [&](numerics::Codes out) {
      meanCodes(getOperand(context, op.getInput()), op.getAxes(), *multiplier, bounds.rule(), out);
    });
  }
};

} // namespace

void qopt::detail::attachPoolingModels(MLIRContext *context) {
  AvgPool2DOp::attachInterface<AvgPoolModel>(*context);
  MaxPool2DOp::attachInterface<MaxPoolModel>(*context);
  ReduceMeanOp::attachInterface<ReduceMeanModel>(*context);
}

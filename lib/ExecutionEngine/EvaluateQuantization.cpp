// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of observers, simulated quantization and the casts between levels.
#include "EvaluationSupport.h"
#include "ModelRegistration.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

/// Calls body(index, channel) for each element of `shape`, channels counted along `axis` (-1: all
/// of them channel 0).
template <typename Body> static void forEachElement(ArrayRef<int64_t> shape, int axis, Body body) {
  int64_t inner = 1, channels = 1;
  if (axis >= 0) {
    inner = numerics::elementCount(shape.drop_front(axis + 1));
    channels = shape[axis];
  }
  for (int64_t i = 0, end = numerics::elementCount(shape); i < end; ++i)
    body(i, i / inner % channels);
}

/// The grids of a type, one for each channel.
static SmallVector<numerics::Grid> getGrids(const QuantParams &params) {
  SmallVector<numerics::Grid> grids;
  for (size_t channel = 0; channel < params.scales.size(); ++channel)
    grids.push_back(getGrid(params, channel));
  return grids;
}

namespace {

struct ObserveModel : public EvaluationOpInterface::ExternalModel<ObserveModel, ObserveOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<ObserveOp>(operation);
    context.set(op.getOutput(), context.get(op.getInput()));
    return llvm::Error::success();
  }
};

struct FakeQuantModel : public EvaluationOpInterface::ExternalModel<FakeQuantModel, FakeQuantOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<FakeQuantOp>(operation);
    QuantParams params = *getQuantParams(op.getType());
    SmallVector<numerics::Grid> grids = getGrids(params);
    numerics::ConstReals x = getReals(context, op.getInput());
    return setReals(op, context, [&](numerics::Reals out) {
      if (params.axis < 0)
        return numerics::fakeQuantize(x, grids.front(), out);
      forEachElement(out.shape, params.axis, [&](int64_t i, int64_t channel) {
        out.data[i] = fakeQuantizeValue(x.data[i], grids[channel]);
      });
    });
  }
};

struct QuantizeModel : public EvaluationOpInterface::ExternalModel<QuantizeModel, QuantizeOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<QuantizeOp>(operation);
    QuantParams params = *getQuantParams(op.getOutput().getType());
    SmallVector<numerics::Grid> grids = getGrids(params);
    numerics::ConstReals x = getReals(context, op.getInput());
    return setCodes(op, context, [&](numerics::Codes out) {
      forEachElement(out.shape, params.axis, [&](int64_t i, int64_t channel) {
        out.data[i] = quantizeValue(x.data[i], grids[channel]);
      });
    });
  }
};

struct DequantizeModel
    : public EvaluationOpInterface::ExternalModel<DequantizeModel, DequantizeOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<DequantizeOp>(operation);
    QuantParams params = *getQuantParams(op.getInput().getType());
    SmallVector<numerics::Grid> grids = getGrids(params);
    ArrayRef<int32_t> codes = context.get(op.getInput()).codes();
    return setReals(op, context, [&](numerics::Reals out) {
      forEachElement(out.shape, params.axis, [&](int64_t i, int64_t channel) {
        out.data[i] = dequantizeValue(codes[i], grids[channel]);
      });
    });
  }
};

struct RequantizeModel
    : public EvaluationOpInterface::ExternalModel<RequantizeModel, RequantizeOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<RequantizeOp>(operation);
    numerics::Grid input = getGrid(op.getInput()), output = getGrid(op.getOutput());
    auto multiplier = prepareMultiplier(toNumerics(getContract(op)),
                                        numerics::ratioMultiplier(input.scale, output.scale),
                                        largestMagnitude(input.storage, input.zeroPoint));
    if (!multiplier)
      return multiplier.takeError();
    ResultBounds bounds = getResultBounds(op.getOutput());
    return setCodes(op, context, [&](numerics::Codes out) {
      requantizeCodes(getOperand(context, op.getInput()), *multiplier, bounds.rule(), out);
    });
  }
};

} // namespace

void qopt::detail::attachQuantizationModels(MLIRContext *context) {
  ObserveOp::attachInterface<ObserveModel>(*context);
  FakeQuantOp::attachInterface<FakeQuantModel>(*context);
  QuantizeOp::attachInterface<QuantizeModel>(*context);
  DequantizeOp::attachInterface<DequantizeModel>(*context);
  RequantizeOp::attachInterface<RequantizeModel>(*context);
}

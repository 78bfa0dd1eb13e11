// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of layers with weights, and of batch normalization.
//
// The three layers differ in how they accumulate; epilogue and clamp are shared.
#include "EvaluationSupport.h"
#include "ModelRegistration.h"

#include "qopt/Quantization/FloatKernels.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

//===----------------------------------------------------------------------===//
// Accumulation, layer by layer
//===----------------------------------------------------------------------===//

static numerics::Window getConvWindow(ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                                      ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations) {
  return getWindow(Window::get(kernel, strides, pads, dilations));
}

static numerics::Window getConvWindow(Conv2DOp op) {
  return getConvWindow(op.getWeights().getType().getShape().slice(1, 2), op.getStrides(),
                       op.getPads(), op.getDilations());
}

static numerics::Window getConvWindow(DepthwiseConv2DOp op) {
  return getConvWindow(op.getWeights().getType().getShape().take_front(2), op.getStrides(),
                       op.getPads(), op.getDilations());
}

static void accumulate(Conv2DOp op, const numerics::Operand &x, const numerics::WeightOperand &w,
                       ArrayRef<int32_t> bias, numerics::Codes acc) {
  convAccumulate(x, w, bias, getConvWindow(op), op.getGroups(), acc);
}
static void accumulate(DepthwiseConv2DOp op, const numerics::Operand &x,
                       const numerics::WeightOperand &w, ArrayRef<int32_t> bias,
                       numerics::Codes acc) {
  depthwiseAccumulate(x, w, bias, getConvWindow(op), acc);
}
static void accumulate(MatmulOp op, const numerics::Operand &x, const numerics::WeightOperand &w,
                       ArrayRef<int32_t> bias, numerics::Codes acc) {
  matmulAccumulate(x, w, bias, acc);
}

static void computeReals(Conv2DOp op, numerics::ConstReals x, numerics::ConstReals w,
                         ArrayRef<float> bias, numerics::Reals out) {
  convFloat(x, w, bias, getConvWindow(op), op.getGroups(), out);
}
static void computeReals(DepthwiseConv2DOp op, numerics::ConstReals x, numerics::ConstReals w,
                         ArrayRef<float> bias, numerics::Reals out) {
  depthwiseFloat(x, w, bias, getConvWindow(op), out);
}
static void computeReals(MatmulOp op, numerics::ConstReals x, numerics::ConstReals w,
                         ArrayRef<float> bias, numerics::Reals out) {
  matmulFloat(x, w, bias, out);
}

static Value getResidual(Conv2DOp op) { return op.getResidual(); }
static Value getResidual(Operation *) { return {}; }

//===----------------------------------------------------------------------===//
// Epilogues
//===----------------------------------------------------------------------===//

/// One multiplier for each scale of the weights.
static llvm::Expected<SmallVector<numerics::Multiplier>>
getMultipliers(Operation *op, float inputScale, ArrayRef<float> weightScales, float outputScale) {
  auto accumulator = cast<AccumulatorOpInterface>(op);
  int64_t bound = accumulator.getAccumulatorBound().value_or(INT32_MAX);
  SmallVector<numerics::Multiplier> multipliers;
  for (float weightScale : weightScales) {
    auto multiplier =
        prepareMultiplier(toNumerics(getContract(op)),
                          numerics::productMultiplier(inputScale, weightScale, outputScale), bound);
    if (!multiplier)
      return multiplier.takeError();
    multipliers.push_back(*multiplier);
  }
  return multipliers;
}

/// f32(s_x·s_w[c]).
static SmallVector<float> getAccumulatorScales(float inputScale, ArrayRef<float> weightScales) {
  return llvm::map_to_vector(weightScales, [&](float scale) { return inputScale * scale; });
}

static llvm::Error requantizeResult(Operation *op, EvaluationContext &context, const Tensor &acc,
                                    ArrayRef<float> weightScales, Value input, Value residual) {
  float outputScale = getGrid(op->getResult(0)).scale;
  auto multipliers = getMultipliers(op, getGrid(input).scale, weightScales, outputScale);
  if (!multipliers)
    return multipliers.takeError();
  ResultBounds bounds =
      getResultBounds(op->getResult(0), getClampBounds(cast<ClampedOpInterface>(op)));
  return setCodes(op, context, [&](numerics::Codes out) {
    if (!residual)
      return requantizeAccumulator(acc.codeView(), *multipliers, bounds.rule(), out);
    float multiplier = numerics::ratioMultiplier(getGrid(residual).scale, outputScale).single;
    requantizeWithResidual(acc.codeView(), *multipliers, getOperand(context, residual), multiplier,
                           bounds.rule(), out);
  });
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

namespace {

template <typename OpTy>
struct WeightedModel : public EvaluationOpInterface::ExternalModel<WeightedModel<OpTy>, OpTy> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<OpTy>(operation);
    return isQuantized(op.getInput()) ? evaluateCodes(op, context) : evaluateReals(op, context);
  }

private:
  static llvm::Error evaluateReals(OpTy op, EvaluationContext &context) {
    Tensor result = makeResult(op.getOutput());
    ArrayRef<float> bias = op.getBias() ? context.get(op.getBias()).reals() : ArrayRef<float>();
    computeReals(op, getReals(context, op.getInput()), getReals(context, op.getWeights()), bias,
                 result.writeReals());
    if (Value residual = getResidual(op))
      numerics::zipFloat(
          result.realView(), getReals(context, residual), [](float a, float b) { return a + b; },
          result.writeReals());
    clampInPlace(result, getClampBounds(op));
    context.set(op.getOutput(), std::move(result));
    return llvm::Error::success();
  }

  static llvm::Error evaluateCodes(OpTy op, EvaluationContext &context) {
    QuantParams weights = *getQuantParams(op.getWeights().getType());
    ArrayRef<int32_t> bias = op.getBias() ? context.get(op.getBias()).codes() : ArrayRef<int32_t>();
    Tensor acc = Tensor::makeCodes(op.getOutput().getType().getShape());
    accumulate(op, getOperand(context, op.getInput()),
               {context.get(op.getWeights()).codeView(), weights.zeroPoints}, bias,
               acc.writeCodes());
    context.showAccumulator(op, acc);
    if (isQuantized(op.getOutput()))
      return requantizeResult(op, context, acc, weights.scales, op.getInput(), getResidual(op));
    auto scales = getAccumulatorScales(getGrid(op.getInput()).scale, weights.scales);
    return setReals(op, context, [&](numerics::Reals out) {
      dequantizeAccumulator(acc.codeView(), scales, out);
    });
  }
};

struct BatchNormModel : public EvaluationOpInterface::ExternalModel<BatchNormModel, BatchNormOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<BatchNormOp>(operation);
    ArrayRef<float> scale = context.get(op.getScale()).reals();
    ArrayRef<float> offset = context.get(op.getOffset()).reals();
    ArrayRef<float> mean = context.get(op.getMean()).reals();
    ArrayRef<float> variance = context.get(op.getVariance()).reals();
    double epsilon = op.getEpsilon().convertToFloat();
    SmallVector<double> factor;
    for (auto [s, v] : llvm::zip_equal(scale, variance))
      factor.push_back(s / std::sqrt(v + epsilon));
    return setReals(op, context, [&](numerics::Reals out) {
      const float *x = context.get(op.getInput()).reals().data();
      for (int64_t i = 0, end = out.size(), channels = scale.size(); i < end; ++i) {
        int64_t c = i % channels;
        out.data[i] = static_cast<float>((double(x[i]) - mean[c]) * factor[c] + offset[c]);
      }
    });
  }
};

} // namespace

void qopt::detail::attachWeightedModels(MLIRContext *context) {
  Conv2DOp::attachInterface<WeightedModel<Conv2DOp>>(*context);
  DepthwiseConv2DOp::attachInterface<WeightedModel<DepthwiseConv2DOp>>(*context);
  MatmulOp::attachInterface<WeightedModel<MatmulOp>>(*context);
  BatchNormOp::attachInterface<BatchNormModel>(*context);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerGradient.h"

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static WindowTaps getTaps(WeightedOpInterface layer) {
  Value input = layer.getActivationValue(), result = layer->getResult(0);
  ArrayRef<int64_t> weights = getShape(layer.getWeightsValue());
  if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation()))
    return {
        getShape(input), getShape(result),
        Window::get(weights.slice(1, 2), conv.getStrides(), conv.getPads(), conv.getDilations())};
  if (auto conv = dyn_cast<DepthwiseConv2DOp>(layer.getOperation()))
    return {
        getShape(input), getShape(result),
        Window::get(weights.take_front(2), conv.getStrides(), conv.getPads(), conv.getDilations())};
  return WindowTaps(cast<RankedTensorType>(input.getType()).getNumElements() /
                    getShape(input).back());
}

LayerGradient::LayerGradient(WeightedOpInterface layer)
    : taps(getTaps(layer)), inputs(getShape(layer.getActivationValue()).back()),
      outputs(getShape(layer->getResult(0)).back()),
      depthwise(isa<DepthwiseConv2DOp>(layer.getOperation())) {
  ArrayRef<int64_t> weights = getShape(layer.getWeightsValue());
  if (depthwise)
    numTaps = weights[0] * weights[1];
  else if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation())) {
    numTaps = weights[1] * weights[2];
    groups = static_cast<int64_t>(conv.getGroups());
  }
}

void LayerGradient::add(ArrayRef<float> gradient, ArrayRef<float> weights, ArrayRef<float> input,
                        MutableArrayRef<float> inputGradient,
                        MutableArrayRef<float> weightGradient) const {
  int64_t multiplier = outputs / inputs, read = inputs / groups, rows = outputs / groups;
  auto addDepthwise = [&](const float *result, int64_t tap, const float *in, float *inGradient) {
    const float *weight = weights.data() + tap * outputs;
    float *own = weightGradient.data() + tap * outputs;
    for (int64_t c = 0; c < inputs; ++c)
      for (int64_t o = c * multiplier; o < (c + 1) * multiplier; ++o) {
        inGradient[c] += result[o] * weight[o];
        own[o] += result[o] * in[c];
      }
  };
  auto addDense = [&](const float *result, int64_t tap, const float *in, float *inGradient) {
    for (int64_t o = 0; o < outputs; ++o) {
      float slope = result[o];
      if (slope == 0.0f)
        continue; // behind a clamp most are
      int64_t first = o / rows * read;
      const float *weight = weights.data() + (o * numTaps + tap) * read;
      float *own = weightGradient.data() + (o * numTaps + tap) * read;
      for (int64_t j = 0; j < read; ++j) {
        inGradient[first + j] += slope * weight[j];
        own[j] += slope * in[first + j];
      }
    }
  };
  taps.forEach([&](int64_t pixel, int64_t tap, int64_t source) {
    const float *result = gradient.data() + pixel * outputs;
    const float *in = input.data() + source * inputs;
    float *inGradient = inputGradient.data() + source * inputs;
    if (depthwise)
      addDepthwise(result, tap, in, inGradient);
    else
      addDense(result, tap, in, inGradient);
  });
}

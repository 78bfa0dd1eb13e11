// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChannelWeights.h"

#include "qopt/Transforms/ParameterUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

WeightLayout::WeightLayout(WeightedOpInterface layer) {
  ArrayRef<int64_t> shape = getShape(layer.getWeightsValue());
  inputs = getShape(layer.getActivationValue()).back();
  outputs = shape[layer.getOutputChannelAxis()];
  if (shape.size() > 2)
    taps = shape[shape.size() - 3] * shape[shape.size() - 2];
  int64_t groups = 1;
  if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation()))
    groups = conv.getGroups();
  if (isa<DepthwiseConv2DOp>(layer.getOperation())) {
    outputsAreInner = true;
    taps = shape[0] * shape[1];
    groups = inputs;
  }
  read = inputsPerGroup = inputs / groups;
  outputsPerGroup = outputs / groups;
}

ChannelWeights::ChannelWeights(WeightedOpInterface layer) : layout(layer) {
  maxima.assign(layout.numOutputs() * layout.numRead(), 0.0f);
  Floats weights = getLayerParameters(layer)->weights;
  layout.forEach([&](int64_t index, int64_t o, int64_t j) {
    float &maximum = maxima[o * layout.numRead() + j];
    maximum = std::max(maximum, std::fabs(weights[index]));
  });
}

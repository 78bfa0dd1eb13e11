// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChannelWeights.h"
#include "ScaleGraph.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Transforms/ParameterUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

/// exp(u) of every channel of `value`.
static SmallVector<double> getFactors(const ScaleGraph &graph, Value value,
                                      ArrayRef<double> logScales) {
  SmallVector<double> factors;
  for (unsigned scale : graph.getScales(value))
    factors.push_back(std::exp(logScales[scale]));
  return factors;
}

static bool isIdentity(ArrayRef<double> factors) {
  return llvm::all_of(factors, [](double factor) { return factor == 1.0; });
}

/// A bound that scaling moves needs one value per channel: the channels of a ReLU6 saturate at 6 /
/// s each. Zero and infinity stay what they are for all.
static void scaleBounds(SmallVector<float> &bounds, ArrayRef<double> factors) {
  if (llvm::all_of(bounds, [](float b) { return b == 0.0f || std::isinf(b); }))
    return;
  SmallVector<float> scaled;
  for (auto [c, factor] : llvm::enumerate(factors))
    scaled.push_back(static_cast<float>(bounds[bounds.size() == 1 ? 0 : c] / factor));
  bounds = std::move(scaled);
}

static void scaleLayer(WeightedOpInterface layer, ArrayRef<double> inputs,
                       ArrayRef<double> outputs) {
  std::optional<LayerParameters> parameters = getLayerParameters(layer);
  WeightLayout layout(layer);
  layout.forEach([&](int64_t index, int64_t o, int64_t j) {
    float &weight = parameters->weights[index];
    weight = static_cast<float>(weight * (inputs[layout.getInput(o, j)] / outputs[o]));
  });
  for (auto [bias, factor] : llvm::zip_equal(parameters->bias, outputs))
    bias = static_cast<float>(bias / factor);
  OpBuilder builder(layer);
  SmallVector<int64_t> shape(cast<RankedTensorType>(layer.getWeightsValue().getType()).getShape());
  setLayerParameters(builder, layer, shape, *parameters);
}

void qopt::applyScales(const ScaleGraph &graph, func::FuncOp function, ArrayRef<double> logScales) {
  for (WeightedOpInterface layer : graph.getLayers()) {
    auto inputs = getFactors(graph, layer.getActivationValue(), logScales);
    auto outputs = getFactors(graph, layer->getResult(0), logScales);
    if (!isIdentity(inputs) || !isIdentity(outputs))
      scaleLayer(layer, inputs, outputs);
  }
  function.walk([&](ClampedOpInterface op) {
    auto outputs = getFactors(graph, op->getResult(0), logScales);
    if (isIdentity(outputs))
      return;
    ClampBounds bounds = getClampBounds(op);
    scaleBounds(bounds.min, outputs);
    scaleBounds(bounds.max, outputs);
    setClampBounds(op, bounds);
  });
}

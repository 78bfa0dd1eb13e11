// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A layer with weights between the scales of its input channels and of its output channels.
#ifndef QOPT_LIB_EQUALIZATION_SCALEDLAYER_H
#define QOPT_LIB_EQUALIZATION_SCALEDLAYER_H

#include "ChannelWeights.h"
#include "ScaleGraph.h"

namespace qopt {

struct ScaledLayer {
  ScaledLayer(const ScaleGraph &graph, WeightedOpInterface op)
      : op(op), weights(op), inputs(graph.getScales(op.getActivationValue())),
        outputs(graph.getScales(op->getResult(0))) {}

  WeightedOpInterface op;
  ChannelWeights weights;
  llvm::SmallVector<unsigned> inputs, outputs; ///< scales by channel
};

inline std::vector<ScaledLayer> getScaledLayers(const ScaleGraph &graph) {
  std::vector<ScaledLayer> layers;
  for (WeightedOpInterface op : graph.getLayers())
    layers.emplace_back(graph, op);
  return layers;
}

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_SCALEDLAYER_H

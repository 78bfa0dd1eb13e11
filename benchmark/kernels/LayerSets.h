// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The layers of known networks.
#ifndef QOPT_BENCHMARK_KERNELS_LAYERSETS_H
#define QOPT_BENCHMARK_KERNELS_LAYERSETS_H

#include "Layers.h"

namespace qopt::benchmark {

/// Layers that are timed together, each as often as its network has it.
struct LayerSet {
  std::string name;
  std::vector<Layer> layers;
};

/// All convolutions of ResNet-50, all pointwise layers of MobileNet-v1, and its depthwise layers of
/// stride 1 and of stride 2.
std::vector<LayerSet> getLayerSets();
/// One or two of each family.
std::vector<Layer> getSingleLayers();

} // namespace qopt::benchmark

#endif // QOPT_BENCHMARK_KERNELS_LAYERSETS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Networks of one layer, compiled for a target and timed apart from their interface.
#ifndef QOPT_BENCHMARK_KERNELS_LAYERS_H
#define QOPT_BENCHMARK_KERNELS_LAYERS_H

#include "qopt/ExecutionEngine/CompiledNetwork.h"

#include <string>

namespace qopt::benchmark {

enum class Kind { Conv, Depthwise, FullyConnected, Add, AveragePool, Softmax };

/// One layer: square images and windows, "same" padding.
struct Layer {
  Kind kind = Kind::Conv;
  int64_t size = 1; ///< height and width of the input; rows of a fully connected one
  int64_t channels = 1, outputs = 1;
  int64_t kernel = 1, stride = 1;
  int64_t count = 1; ///< how often it occurs in its network

  std::string getName() const;
  int64_t resultSize() const { return (size + stride - 1) / stride; }
  int64_t inputElements() const;
  int64_t resultElements() const;
  int64_t weightElements() const;
  /// Products that the formula asks for: none with padding.
  int64_t macs() const;
};

/// A layer that can be run again and again.
class LayerRunner {
public:
  static llvm::Expected<std::unique_ptr<LayerRunner>> create(const Layer &layer,
                                                             const Target &target);
  /// Runs once; the seconds that the layer's own kernel took.
  double run();
  const Layer &getLayer() const { return layer; }

private:
  LayerRunner(const Layer &layer, std::unique_ptr<CompiledNetwork> network);

  Layer layer;
  std::unique_ptr<CompiledNetwork> network;
  std::vector<std::vector<char>> inputs, outputs;
};

} // namespace qopt::benchmark

#endif // QOPT_BENCHMARK_KERNELS_LAYERS_H

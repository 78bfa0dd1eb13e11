// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Equalization/NoisePrediction.h"

#include "NoiseModel.h"

using namespace mlir;
using namespace qopt;

llvm::Expected<NoisePrediction> qopt::predictNoise(func::FuncOp network, llvm::StringRef data,
                                                   bool perChannelWeights) {
  FailureOr<ScaleGraph> graph = ScaleGraph::build(network);
  if (failed(graph))
    return llvm::createStringError("network '" + network.getName() +
                                   "' has observers or grids; the noise model is of the float "
                                   "level");
  llvm::Expected<ChannelStatistics> statistics = collectChannelStatistics(network, data);
  if (!statistics)
    return statistics.takeError();
  llvm::Expected<Sensitivities> sensitivities = Sensitivities::measure(network, *statistics, data);
  if (!sensitivities)
    return sensitivities.takeError();
  return NoiseModel(network, *graph, *statistics, *sensitivities, perChannelWeights)
      .predict(*graph);
}

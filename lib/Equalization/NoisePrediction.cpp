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
  llvm::Expected<Measurements> measured = measureNetwork(network, data);
  if (!measured)
    return measured.takeError();
  return NoiseModel(network, *graph, *measured, perChannelWeights).predict(*graph);
}

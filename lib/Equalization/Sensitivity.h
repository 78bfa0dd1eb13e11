// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How strongly errors in activations and weights reach the network's outputs.
#ifndef QOPT_LIB_EQUALIZATION_SENSITIVITY_H
#define QOPT_LIB_EQUALIZATION_SENSITIVITY_H

#include "ChannelStatistics.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt {

/// Expected squares of derivatives, over example inputs: error of variance V in a place leaves
/// V times its sensitivity of energy in the outputs, summed over their elements less each row's
/// mean.
class Sensitivities {
public:
  /// By last dimension, summed over all other elements: of the value before the clamp of the op
  /// that makes it. Where an op clamps, the value is rounded in the same way every time: zero is on
  /// the grid, and bias correction sees to the other bound.
  const std::vector<double> &get(mlir::Value value) const {
    return activations.find(value)->second;
  }
  /// By weight, in their order. Empty for a layer whose weights are no constants.
  llvm::ArrayRef<double> getWeights(mlir::Operation *layer) const {
    auto found = weights.find(layer);
    return found == weights.end() ? llvm::ArrayRef<double>()
                                  : llvm::ArrayRef<double>(found->second);
  }

private:
  friend class SensitivityRun;

  llvm::DenseMap<mlir::Value, std::vector<double>> activations;
  llvm::DenseMap<mlir::Operation *, std::vector<double>> weights;
};

/// What example inputs show of a float network.
struct Measurements {
  ChannelStatistics statistics;
  Sensitivities sensitivities;
};

/// Runs the samples of the array file `path`, all of them for the statistics. The number of threads
/// of the context does not change a bit of the result.
llvm::Expected<Measurements> measureNetwork(mlir::func::FuncOp function, llvm::StringRef path);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_SENSITIVITY_H

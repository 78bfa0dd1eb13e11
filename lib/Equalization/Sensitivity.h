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
  /// Backpropagates random signs from the outputs (Hutchinson 1990: the square of such a
  /// derivative is on average the sum of the squares of all outputs' derivatives). A recursion over
  /// squared weights would do without, but takes errors of neighbouring pixels and channels for
  /// independent after every layer; they add up, and on MobileNet it misjudges early layers against
  /// late ones by a factor of twenty.
  static llvm::Expected<Sensitivities>
  measure(mlir::func::FuncOp function, const ChannelStatistics &statistics, llvm::StringRef path);

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

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_SENSITIVITY_H

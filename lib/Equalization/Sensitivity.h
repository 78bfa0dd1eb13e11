// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How strongly noise in a channel reaches the network's outputs.
#ifndef QOPT_LIB_EQUALIZATION_SENSITIVITY_H
#define QOPT_LIB_EQUALIZATION_SENSITIVITY_H

#include "ChannelStatistics.h"

namespace qopt {

/// Per activation and channel: the noise energy in the outputs, summed over their elements, for
/// noise of variance 1, independent from element to element, in all elements of the channel.
class Sensitivities {
public:
  /// One backward recursion, without derivatives by data: a layer passes on the squares of its
  /// weights, a clamp the share of values that it lets through.
  static Sensitivities compute(mlir::func::FuncOp function, const ChannelStatistics &statistics);

  /// Of the value itself, as its readers see it. One entry per element of the last dimension.
  const std::vector<double> &get(mlir::Value value) const { return after.find(value)->second; }
  /// Of the value before the clamp of the op that makes it.
  std::vector<double> getBeforeClamp(mlir::Value value) const;

private:
  void visit(mlir::Operation *op);
  void pass(mlir::Operation *op, const std::vector<double> &result);
  std::vector<double> &at(mlir::Value value);

  const ChannelStatistics *statistics = nullptr;
  llvm::DenseMap<mlir::Value, std::vector<double>> after;
};

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_SENSITIVITY_H

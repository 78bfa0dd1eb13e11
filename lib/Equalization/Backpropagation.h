// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of a float network's outputs by its activations and weights.
#ifndef QOPT_LIB_EQUALIZATION_BACKPROPAGATION_H
#define QOPT_LIB_EQUALIZATION_BACKPROPAGATION_H

#include "ChannelStatistics.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/Tensor.h"

namespace qopt {

/// One run of a network, backwards. A softmax hands gradients on as they are: the errors that count
/// are those of the scores, which it would squeeze together.
class Backpropagation {
public:
  /// `values` are the activations of the run, `statistics` the means of their channels; both must
  /// outlive this.
  Backpropagation(mlir::func::FuncOp function, const ChannelStatistics &statistics,
                  const llvm::DenseMap<mlir::Value, Tensor> &values)
      : function(function), statistics(statistics), values(values) {}

  /// Adds to the derivative by `value`, row major.
  void seed(mlir::Value value, llvm::ArrayRef<float> gradient);
  /// Passes everything on from the last op to the first.
  void run();

  /// The derivative by what `value` was before the clamp of the op that makes it; empty if no
  /// output depends on it.
  llvm::ArrayRef<float> getGradient(mlir::Value value) const;
  /// The derivative by the weights of `layer`, in their order. Inputs count less their channel's
  /// mean: what a mean causes is for bias correction to undo.
  llvm::ArrayRef<float> getWeightGradient(mlir::Operation *layer) const;

private:
  std::vector<float> &at(mlir::Value value);
  /// The elements of an activation or a constant; empty if they are not known.
  llvm::SmallVector<float> getElements(mlir::Value value) const;
  void maskClamped(mlir::Operation *op, std::vector<float> &gradient) const;
  void pass(mlir::Operation *op, llvm::ArrayRef<float> gradient);
  void passLayer(WeightedOpInterface layer, llvm::ArrayRef<float> gradient);
  void passBinary(mlir::Operation *op, llvm::ArrayRef<float> gradient);
  void passUnary(UnaryOp op, llvm::ArrayRef<float> gradient);
  void passMaxPool(MaxPool2DOp op, llvm::ArrayRef<float> gradient);
  void passAvgPool(AvgPool2DOp op, llvm::ArrayRef<float> gradient);
  void passMean(ReduceMeanOp op, llvm::ArrayRef<float> gradient);
  void passMove(mlir::Operation *op, llvm::ArrayRef<float> gradient);

  mlir::func::FuncOp function;
  const ChannelStatistics &statistics;
  const llvm::DenseMap<mlir::Value, Tensor> &values;
  llvm::DenseMap<mlir::Value, std::vector<float>> gradients;
  llvm::DenseMap<mlir::Operation *, std::vector<float>> weightGradients;
};

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_BACKPROPAGATION_H

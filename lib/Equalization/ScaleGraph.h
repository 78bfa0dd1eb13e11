// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which channels of a network's activations may be scaled, and which only together.
#ifndef QOPT_LIB_EQUALIZATION_SCALEGRAPH_H
#define QOPT_LIB_EQUALIZATION_SCALEGRAPH_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/SmallVector.h"
#include <string>
#include <vector>

namespace qopt {

/// Every channel of every activation belongs to a scale `s > 0` by which it may be divided: layers
/// with weights take any scale on either side (`w * s_in / s_out`, `b / s_out`, bounds `/ s_out`),
/// ops that hand channels on have the same one before and after, an addition the same one on its
/// three sides. Scales of what the network cannot absorb are fixed at 1.
class ScaleGraph {
public:
  /// An error for a network that has observers or is rounded already.
  static mlir::FailureOr<ScaleGraph> build(mlir::func::FuncOp function);

  unsigned numScales() const { return classes.getNumClasses(); }
  /// The scale of element `channel` of the last dimension of an activation.
  unsigned getScale(mlir::Value value, int64_t channel) const {
    const auto &own = channels.find(value)->second;
    return classes[own[channel % own.size()]];
  }
  /// The scales of a value's channels; a flattened image repeats those of its pixels.
  llvm::SmallVector<unsigned> getScales(mlir::Value value) const;
  bool isFixed(unsigned scale) const { return !reasons[scale].empty(); }
  /// Why a scale is fixed.
  llvm::StringRef getReason(unsigned scale) const { return reasons[scale]; }
  /// Layers whose weights take scales, in program order.
  llvm::ArrayRef<WeightedOpInterface> getLayers() const { return layers; }

  /// Remarks on layers none of whose output channels can be scaled.
  void explainFixed() const;

private:
  explicit ScaleGraph(mlir::func::FuncOp function) : function(function) {}

  void visit(mlir::Operation *op);
  void visitLayer(WeightedOpInterface layer);
  bool visitMove(mlir::Operation *op);
  bool visitSum(mlir::Operation *op);
  bool visitConcat(ConcatOp op);
  void addFresh(mlir::Value value);
  void join(mlir::Value first, mlir::Value second);
  void fix(mlir::Value value, llvm::StringRef reason);
  void fixOperation(mlir::Operation *op, llvm::StringRef reason);
  void finish();

  mlir::func::FuncOp function;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<unsigned>> channels;
  llvm::IntEqClasses classes;
  unsigned numChannels = 0;
  std::vector<std::pair<unsigned, std::string>> fixed; ///< in the order found
  std::vector<std::string> reasons;                    ///< by scale; empty: free
  llvm::SmallVector<WeightedOpInterface> layers;
};

/// Divides each channel by exp(logScales[its scale]); exact but for the rounding of parameters.
/// Fixed scales must have the logarithm 0.
void applyScales(const ScaleGraph &graph, mlir::func::FuncOp function,
                 llvm::ArrayRef<double> logScales);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_SCALEGRAPH_H

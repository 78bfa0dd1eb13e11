// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What example data shows of every channel of every activation of a float network.
#ifndef QOPT_LIB_EQUALIZATION_CHANNELSTATISTICS_H
#define QOPT_LIB_EQUALIZATION_CHANNELSTATISTICS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace qopt {

/// Sums over samples and positions, an entry per element of the last dimension.
struct ChannelSums {
  explicit ChannelSums(int64_t channels = 0);

  /// Folds in row-major `values`; `low` and `high` are the bounds of the op that made them, of
  /// length one or one per channel.
  void add(llvm::ArrayRef<float> values, llvm::ArrayRef<float> low, llvm::ArrayRef<float> high);
  void merge(const ChannelSums &other);

  double getMean(int64_t channel) const { return count ? sum[channel] / count : 0.0; }
  double getVariance(int64_t channel) const;
  /// Share of the values that lie strictly between the bounds: where a derivative gets through.
  double getShareInside(int64_t channel) const { return count ? inside[channel] / count : 0.0; }

  double count = 0; ///< values per channel
  std::vector<double> sum, squares, inside;
  std::vector<float> min, max;
};

using ChannelStatistics = llvm::DenseMap<mlir::Value, ChannelSums>;

/// Runs the samples of the array file `path` through `function`. Nothing is kept of an activation,
/// and the number of threads of the context does not change a bit of the result. An error names the
/// sample or the layer that is not finite.
llvm::Expected<ChannelStatistics> collectChannelStatistics(mlir::func::FuncOp function,
                                                           llvm::StringRef path);

/// The network of `module` that is called `name`, or its only one if `name` is empty.
llvm::Expected<mlir::func::FuncOp> selectNetwork(mlir::ModuleOp module, llvm::StringRef name);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_CHANNELSTATISTICS_H

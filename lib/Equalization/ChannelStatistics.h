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

  /// Folds in row-major `values`.
  void add(llvm::ArrayRef<float> values);
  void merge(const ChannelSums &other);

  double getMean(int64_t channel) const { return count ? sum[channel] / count : 0.0; }
  /// The same value everywhere.
  bool isConstant(int64_t channel) const { return min[channel] == max[channel]; }

  /// Notes that what was folded in so far is one run; once before sums are merged.
  void endRun();
  /// The value that the runs' greatest ones, taken to be distributed as Gumbel (1935) has it for
  /// maxima, exceed once in a thousand runs; at least the greatest seen. A grid that ends at the
  /// greatest of a few dozen runs clips a channel of almost every new one.
  double getRareHigh(int64_t channel) const { return getRare(channel, high, max, 1.0); }
  double getRareLow(int64_t channel) const { return getRare(channel, low, min, -1.0); }

  double count = 0; ///< values per channel
  std::vector<double> sum;
  std::vector<float> min, max;

private:
  /// Sums over runs of their greatest (or least) values and of the squares of these.
  struct Extremes {
    explicit Extremes(int64_t channels) : sum(channels), squares(channels) {}

    std::vector<double> sum, squares;
  };

  double getRare(int64_t channel, const Extremes &extremes, const std::vector<float> &seen,
                 double sign) const;

  double runs = 0;
  Extremes low, high;
};

/// Activations are what layers hand on; constants and parameters are not among them.
bool isActivation(mlir::Operation *op);

using ChannelStatistics = llvm::DenseMap<mlir::Value, ChannelSums>;

/// Runs the samples of the array file `path` through `function`. Nothing is kept of an activation,
/// and the number of threads of the context does not change a bit of the result. An error names the
/// sample or the layer that is not finite.
llvm::Expected<ChannelStatistics> collectChannelStatistics(mlir::func::FuncOp function,
                                                           llvm::StringRef path);

/// The network of `module` that is called `name`, or its only one if `name` is empty.
llvm::Expected<mlir::func::FuncOp> selectFloatNetwork(mlir::ModuleOp module, llvm::StringRef name);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_CHANNELSTATISTICS_H

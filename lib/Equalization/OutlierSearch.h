// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which channels to carry twice, and under which scales.
#ifndef QOPT_LIB_EQUALIZATION_OUTLIERSEARCH_H
#define QOPT_LIB_EQUALIZATION_OUTLIERSEARCH_H

#include "NoiseModel.h"

namespace qopt {

/// A path and what may be added to it.
struct WidenedPath {
  /// Nothing chosen yet.
  explicit WidenedPath(const ChannelPath &path);

  /// With the copies, once constant channels are dropped.
  int64_t countChannels() const;
  /// Multiply-accumulates that the copies add: those that take the place of a constant channel are
  /// free.
  double getAddedMacs() const;

  ChannelPath path;
  ChannelConstants constants;
  double cost = 0.0;                ///< multiply-accumulates of one channel more
  llvm::SmallVector<int64_t> twice; ///< channels to carry twice, as chosen
};

struct OutlierSearchOptions {
  double budget = 0.0;       ///< most multiply-accumulates to add
  unsigned granularity = 16; ///< a path is widened to a multiple of this
  unsigned steps = 1000;     ///< of Adam, all rounds together; 0: scales stay
  double rate = 0.1;
};

/// Chooses copies greedily: a few rounds, each of which takes what the noise model promises most
/// of per multiply-accumulate, and then lets the scales follow. Returns the scales at last; `model`
/// counts with the copies then.
NoiseMinimum chooseCopies(NoiseModel &model, const ScaleGraph &graph,
                          llvm::MutableArrayRef<WidenedPath> paths,
                          const OutlierSearchOptions &options);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_OUTLIERSEARCH_H

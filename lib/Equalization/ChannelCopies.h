// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Channels that are carried twice between two layers, so that their rounding errors cancel.
#ifndef QOPT_LIB_EQUALIZATION_CHANNELCOPIES_H
#define QOPT_LIB_EQUALIZATION_CHANNELCOPIES_H

#include "qopt/Transforms/ChannelPath.h"

namespace qopt {

/// A live channel and the slot that takes its copy.
struct ChannelCopy {
  int64_t live, slot;
};

/// The layers of `path` that make and remake its channels, in order: its source and what is
/// depthwise.
llvm::SmallVector<WeightedOpInterface> getMakers(const ChannelPath &path);

/// Fills slots with copies. A slot is a constant channel until then, and the constant moves into
/// the bias of the reader, which reads half of either copy. The n-th maker moves the live channel
/// down and the copy up by `shifts[n]`: a quarter of its step, and the two round at points half a
/// step apart.
void makeCopies(const ChannelPath &path, llvm::ArrayRef<ChannelCopy> copies,
                const ChannelConstants &constants, llvm::ArrayRef<double> shifts);

/// Moves the two halves of each of the reader's weights a quarter of a step of their grid apart, as
/// Zhao (2019) does it: rounded to nearest, they then add up to the rounded whole, where equal
/// halves would make the same error twice.
void spreadSharedWeights(const ChannelPath &path, llvm::ArrayRef<ChannelCopy> copies,
                         bool perChannelWeights);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_CHANNELCOPIES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The way of a channel from the layer that makes it to the layer that mixes it with others.
#ifndef QOPT_TRANSFORMS_CHANNELPATH_H
#define QOPT_TRANSFORMS_CHANNELPATH_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qopt {

/// Per channel, its value if that is the same at every pixel and for every input.
using ChannelConstants = llvm::SmallVector<std::optional<double>>;

/// `source` makes `channels`; each op of `between` is the only reader of the one before it and
/// keeps channels apart; `reader` sums over them. A last dimension of `channels * R` (a flattened
/// image) holds channel c at every position p with p % channels == c.
struct ChannelPath {
  WeightedOpInterface source, reader;
  llvm::SmallVector<mlir::Operation *> between;
  int64_t channels = 0;
};

/// The path that begins at `source`; none where it forks, mixes, or ends elsewhere than in a
/// convolution or matmul with constant float parameters.
std::optional<ChannelPath> getChannelPath(WeightedOpInterface source);

/// A channel whose constant ends at an op that pads with zeros.
struct PaddedChannel {
  mlir::Operation *op;
  int64_t channel;
  double constant;
};

/// The constants that arrive at the reader and that it can absorb; `padded` lists the others.
ChannelConstants followConstants(const ChannelPath &path,
                                 llvm::SmallVectorImpl<PaddedChannel> &padded);

/// Gives the path the channels `chosen`, not none, in this order. Those left out must be constant,
/// and move into the reader's bias. Where one is there several times, so are the reader's weights
/// for it, which the caller must share out.
void selectChannels(ChannelPath &path, llvm::ArrayRef<int64_t> chosen,
                    const ChannelConstants &constants);

} // namespace qopt

#endif // QOPT_TRANSFORMS_CHANNELPATH_H

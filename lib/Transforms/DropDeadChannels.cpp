// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-drop-dead-channels: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "qopt/Transforms/ChannelPath.h"

namespace qopt {
#define GEN_PASS_DEF_DROPDEADCHANNELS
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct DropDeadChannelsPass : public qopt::impl::DropDeadChannelsBase<DropDeadChannelsPass> {
  using DropDeadChannelsBase::DropDeadChannelsBase;

  void runOnOperation() override {
    // Dropping erases constants ahead, which a walk might stand before.
    SmallVector<WeightedOpInterface> layers(getOperation().getOps<WeightedOpInterface>());
    for (WeightedOpInterface layer : layers)
      if (std::optional<ChannelPath> path = getChannelPath(layer))
        dropConstants(*path);
  }

  void dropConstants(ChannelPath &path) {
    SmallVector<PaddedChannel> padded;
    ChannelConstants constants = followConstants(path, padded);
    for (const PaddedChannel &refusal : padded)
      refusal.op->emitRemark("'") << getLayerName(refusal.op)
                                  << "' pads with zeros, so its input channel " << refusal.channel
                                  << ", constant " << refusal.constant << ", stays";
    numRefused += padded.size();

    SmallVector<int64_t> keep;
    for (auto [c, constant] : llvm::enumerate(constants))
      if (!constant)
        keep.push_back(c);
    if (keep.empty())
      keep.push_back(0);
    if (static_cast<int64_t>(keep.size()) == path.channels)
      return;
    numDropped += path.channels - keep.size();
    selectChannels(path, keep, constants);
  }
};

} // namespace

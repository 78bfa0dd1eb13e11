// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-zero-dead-channels: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "qopt/Transforms/ParameterUtils.h"

namespace qopt {
#define GEN_PASS_DEF_ZERODEADCHANNELS
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

struct ZeroDeadChannelsPass : public qopt::impl::ZeroDeadChannelsBase<ZeroDeadChannelsPass> {
  using ZeroDeadChannelsBase::ZeroDeadChannelsBase;

  void runOnOperation() override {
    SmallVector<BatchNormOp> ops(getOperation().getOps<BatchNormOp>());
    for (BatchNormOp op : ops)
      silenceDeadChannels(op);
  }

  void silenceDeadChannels(BatchNormOp op) {
    std::optional<Floats> scale = getParameter(op.getScale());
    std::optional<Floats> variance = getParameter(op.getVariance());
    if (!scale || !variance)
      return;
    unsigned dead = 0;
    for (auto [factor, spread] : llvm::zip(*scale, *variance)) {
      if (!(spread < threshold) || factor == 0.0f)
        continue;
      factor = 0.0f;
      ++dead;
    }
    if (!dead)
      return;
    numZeroed += dead;
    OpBuilder builder(op);
    replaceParameter(builder, op.getScaleMutable(), "scale", op.getScale().getType().getShape(),
                     *scale);
  }
};

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-fold-constants: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Transforms/ParameterUtils.h"

namespace qopt {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// The elements of `op`'s result if its input is a float constant.
std::optional<Floats> evaluate(Operation *op) {
  if (!isa<ReshapeOp, TransposeOp>(op))
    return std::nullopt;
  std::optional<Floats> values = getParameter(op->getOperand(0));
  auto transposeOp = dyn_cast<TransposeOp>(op);
  if (!values || !transposeOp)
    return values;
  return permuteDimensions(*values, transposeOp.getInput().getType().getShape(),
                           transposeOp.getPermutation());
}

struct FoldConstantsPass : public qopt::impl::FoldConstantsBase<FoldConstantsPass> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      std::optional<Floats> values = evaluate(op);
      if (!values)
        return;
      auto source = op->getOperand(0).getDefiningOp<ConstantOp>();
      StringRef name = source.getResourceName();
      if (name.empty())
        name = getLayerName(source);
      OpBuilder builder(op);
      auto type = cast<RankedTensorType>(op->getResult(0).getType());
      ConstantOp constant =
          createFloatConstant(builder, source.getLoc(), name, type.getShape(), *values);
      copyLayerName(source, constant);
      op->replaceAllUsesWith(constant);
      eraseWithParameters(op);
      ++numFolded;
    });
  }
};

} // namespace

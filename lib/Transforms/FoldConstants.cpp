// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-fold-constants: see Passes.td.
#include "qopt/Transforms/Passes.h"

#include "ParameterUtils.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

namespace qopt {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// Distances between neighbours along each dimension of a row-major tensor.
SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

Floats transpose(TransposeOp op, ArrayRef<float> values) {
  SmallVector<int64_t> from = getStrides(op.getInput().getType().getShape());
  SmallVector<int64_t> to = getStrides(op.getType().getShape());
  Floats result(values.size());
  for (size_t index = 0; index < result.size(); ++index) {
    int64_t rest = index, source = 0;
    for (auto [dim, stride] : llvm::enumerate(to)) {
      source += rest / stride * from[op.getPermutation()[dim]];
      rest %= stride;
    }
    result[index] = values[source];
  }
  return result;
}

/// The elements of `op`'s result if its input is a float constant.
std::optional<Floats> evaluate(Operation *op) {
  if (!isa<ReshapeOp, TransposeOp>(op))
    return std::nullopt;
  std::optional<Floats> values = getParameter(op->getOperand(0));
  auto transposeOp = dyn_cast<TransposeOp>(op);
  return values && transposeOp ? transpose(transposeOp, *values) : values;
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

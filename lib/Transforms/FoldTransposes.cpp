// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-fold-transposes: see Passes.td.
#include "qopt/Transforms/ParameterUtils.h"
#include "qopt/Transforms/Passes.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

namespace qopt {
#define GEN_PASS_DEF_FOLDTRANSPOSES
#include "qopt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// The transpose that `layer` reads through a reshape to [N, K], each with one reader; null if
/// there is none or if it moves the batch.
TransposeOp getFlattenedTranspose(MatmulOp layer) {
  auto reshape = layer.getInput().getDefiningOp<ReshapeOp>();
  if (!reshape || !reshape->hasOneUse())
    return {};
  auto transpose = reshape.getInput().getDefiningOp<TransposeOp>();
  if (!transpose || !transpose->hasOneUse() || transpose.getPermutation().empty())
    return {};
  bool keepsBatch = transpose.getPermutation()[0] == 0 &&
                    transpose.getType().getDimSize(0) == layer.getInput().getType().getDimSize(0);
  return keepsBatch ? transpose : TransposeOp();
}

/// The columns of `layer`'s weights in the order of `transpose`'s input.
void permuteColumns(MatmulOp layer, TransposeOp transpose, ArrayRef<float> weights) {
  SmallVector<int64_t> rowsAndColumns(layer.getWeights().getType().getShape());
  // A row holds the elements of one image in the transposed order: undo it, row by row.
  SmallVector<int64_t> shape(transpose.getType().getShape());
  shape[0] = rowsAndColumns[0];
  SmallVector<int64_t> inverse = invertPermutationVector(transpose.getPermutation());
  OpBuilder builder(layer);
  replaceParameter(builder, layer.getWeightsMutable(), "weights", rowsAndColumns,
                   permuteDimensions(weights, shape, inverse));
}

struct FoldTransposesPass : public qopt::impl::FoldTransposesBase<FoldTransposesPass> {
  using FoldTransposesBase::FoldTransposesBase;

  void runOnOperation() override {
    SmallVector<MatmulOp> layers(getOperation().getOps<MatmulOp>());
    for (MatmulOp layer : layers) {
      TransposeOp transpose = getFlattenedTranspose(layer);
      std::optional<Floats> weights = transpose ? getParameter(layer.getWeights()) : std::nullopt;
      if (!weights)
        continue;
      permuteColumns(layer, transpose, *weights);
      transpose.replaceAllUsesWith(transpose.getInput());
      transpose.erase();
      ++numFolded;
    }
  }
};

} // namespace

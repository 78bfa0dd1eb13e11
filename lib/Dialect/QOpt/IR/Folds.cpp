// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Folds and canonicalization patterns. None of them touches fake_quant or observe.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"

#include "mlir/IR/PatternMatch.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

//===----------------------------------------------------------------------===//
// Reshape and transpose
//===----------------------------------------------------------------------===//

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

static LogicalResult composeReshapes(ReshapeOp op, PatternRewriter &rewriter) {
  auto first = op.getInput().getDefiningOp<ReshapeOp>();
  if (!first)
    return rewriter.notifyMatchFailure(op, "expected a reshape of a reshape");
  rewriter.modifyOpInPlace(op, [&] { op.getInputMutable().assign(first.getInput()); });
  return success();
}

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(composeReshapes);
}

static bool isIdentity(ArrayRef<int64_t> permutation) {
  for (auto [i, from] : llvm::enumerate(permutation))
    if (from != static_cast<int64_t>(i))
      return false;
  return true;
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  return isIdentity(getPermutation()) ? OpFoldResult(getInput()) : OpFoldResult();
}

static LogicalResult composeTransposes(TransposeOp op, PatternRewriter &rewriter) {
  auto first = op.getInput().getDefiningOp<TransposeOp>();
  if (!first)
    return rewriter.notifyMatchFailure(op, "expected a transpose of a transpose");
  SmallVector<int64_t> permutation;
  for (int64_t from : op.getPermutation())
    permutation.push_back(first.getPermutation()[from]);
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(first.getInput());
    op.setPermutation(permutation);
  });
  return success();
}

/// A transpose that moves only dimensions of size 1 keeps the order of the elements.
static LogicalResult makeReshape(TransposeOp op, PatternRewriter &rewriter) {
  ArrayRef<int64_t> shape = getShape(op.getInput());
  int64_t previous = -1;
  for (int64_t from : op.getPermutation()) {
    if (shape[from] == 1)
      continue;
    if (from < previous)
      return rewriter.notifyMatchFailure(op, "expected the order of the elements to stay");
    previous = from;
  }
  auto reshape = ReshapeOp::create(rewriter, op.getLoc(), op.getType(), op.getInput());
  copyLayerName(op, reshape);
  rewriter.replaceOp(op, reshape);
  return success();
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(composeTransposes);
  patterns.add(makeReshape);
}

//===----------------------------------------------------------------------===//
// Clamp
//===----------------------------------------------------------------------===//

OpFoldResult ClampOp::fold(FoldAdaptor) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  bool low = getClampMin() && llvm::any_of(*getClampMin(), [](float b) { return b != -infinity; });
  bool high = getClampMax() && llvm::any_of(*getClampMax(), [](float b) { return b != infinity; });
  return low || high ? OpFoldResult() : OpFoldResult(getInput());
}

static LogicalResult composeClamps(ClampOp op, PatternRewriter &rewriter) {
  auto first = op.getInput().getDefiningOp<ClampOp>();
  if (!first)
    return rewriter.notifyMatchFailure(op, "expected a clamp of a clamp");
  ClampBounds bounds = getClampBounds(cast<ClampedOpInterface>(first.getOperation()))
                           .followedBy(getClampBounds(cast<ClampedOpInterface>(op.getOperation())));
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(first.getInput());
    setClampBounds(cast<ClampedOpInterface>(op.getOperation()), bounds);
  });
  return success();
}

void ClampOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(composeClamps);
}

//===----------------------------------------------------------------------===//
// Requantize
//===----------------------------------------------------------------------===//

OpFoldResult RequantizeOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/Transforms/Passes.h"

#include "LevelChecks.h"
#include "StorageRewrite.h"

namespace qopt {
#define GEN_PASS_DEF_REWRITESTORAGE
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {
struct RewriteStoragePass : qopt::impl::RewriteStorageBase<RewriteStoragePass> {
  using RewriteStorageBase::RewriteStorageBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    if (failed(checkOption("zero-points", zeroPoints, {"keep", "symmetric", "asymmetric"})) ||
        failed(checkOption("weights", weights, {"keep", "narrow", "full"})) ||
        failed(checkOption("signedness", signedness, {"keep", "signed", "unsigned"})) ||
        failed(checkBody(function)))
      return signalPassFailure();
    // Grids first: the other two keep real values where they can, and symmetric grids are signed.
    std::unique_ptr<StorageRewrite> rewrites[3];
    if (zeroPoints == "symmetric")
      rewrites[0] = createSymmetricRewrite();
    if (zeroPoints == "asymmetric")
      rewrites[0] = createAsymmetricRewrite(function);
    if (weights != "keep")
      rewrites[1] = createWeightRangeRewrite(weights == "narrow");
    if (signedness != "keep")
      rewrites[2] = createSignednessRewrite(signedness == "signed");
    for (const std::unique_ptr<StorageRewrite> &rewrite : rewrites)
      if (rewrite && failed(applyStorageRewrite(function, *rewrite, exact)))
        return signalPassFailure();
  }

private:
  LogicalResult checkOption(StringRef name, StringRef value, ArrayRef<StringRef> allowed) {
    if (llvm::is_contained(allowed, value))
      return success();
    return emitError(getOperation().getLoc())
           << "unknown " << name << " option '" << value << "': use " << allowed[0] << ", "
           << allowed[1] << " or " << allowed[2];
  }
};
} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// convert-qopt-kernels-to-llvm. One type converter for all of upstream's patterns: the stock passes
// of some dialects have no option for the width of index.
#include "qopt/Conversion/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/LoweringOptions.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace qopt {
#define GEN_PASS_DEF_CONVERTKERNELSTOLLVM
#include "qopt/Conversion/Passes.h.inc"
} // namespace qopt

using namespace mlir;

/// Vector ops of rank 2 and more, and those without a direct form in LLVM.
static void populateVectorLowering(RewritePatternSet &patterns) {
  vector::VectorTransformsOptions options;
  vector::populateVectorBitCastLoweringPatterns(patterns);
  vector::populateVectorBroadcastLoweringPatterns(patterns);
  vector::populateVectorShapeCastLoweringPatterns(patterns);
  vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
  vector::populateVectorInterleaveLoweringPatterns(patterns);
  vector::populateVectorTransposeLoweringPatterns(patterns, options.vectorTransposeLowering);
}

namespace {

class ConvertKernelsToLLVM : public qopt::impl::ConvertKernelsToLLVMBase<ConvertKernelsToLLVM> {
public:
  using ConvertKernelsToLLVMBase::ConvertKernelsToLLVMBase;

  void runOnOperation() override {
    if (indexBits != 64 && indexBits != 32) {
      getOperation()->emitError("index-bits must be 64 or 32");
      return signalPassFailure();
    }
    RewritePatternSet lowering(&getContext());
    populateVectorLowering(lowering);
    if (failed(applyPatternsGreedily(getOperation(), std::move(lowering))) || failed(convert()))
      signalPassFailure();
  }

private:
  LogicalResult convert() {
    LowerToLLVMOptions options(&getContext());
    options.overrideIndexBitwidth(indexBits);
    LLVMTypeConverter converter(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    populateFuncToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    return applyPartialConversion(getOperation(), target, std::move(patterns));
  }
};

} // namespace

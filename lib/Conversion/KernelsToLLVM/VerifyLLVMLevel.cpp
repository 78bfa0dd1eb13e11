// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Conversion/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace qopt {
#define GEN_PASS_DEF_VERIFYLLVMLEVEL
#include "qopt/Conversion/Passes.h.inc"
} // namespace qopt

using namespace mlir;

namespace {

class VerifyLLVMLevel : public qopt::impl::VerifyLLVMLevelBase<VerifyLLVMLevel> {
public:
  void runOnOperation() override {
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>([](Operation *op) {
      if (isa<ModuleOp>(op) || isa_and_nonnull<LLVM::LLVMDialect>(op->getDialect()))
        return WalkResult::advance();
      op->emitOpError("is left after lowering to the LLVM dialect");
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
    else
      markAllAnalysesPreserved();
  }
};

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// convert-qopt-to-kernels: the generator knows rows only; what a machine adds (features on
// functions, triple) is written here.
#include "qopt/Codegen/KernelProgram.h"
#include "qopt/Conversion/Passes.h"
#include "qopt/Target/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringExtras.h"

namespace qopt {
#define GEN_PASS_DEF_CONVERTQOPTTOKERNELS
#include "qopt/Conversion/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

/// Function attributes of LLVM: the CPU, its features, that no loop may become a call of libc, and
/// that nothing unwinds (no tables for it).
static ArrayAttr getFunctionAttributes(func::FuncOp function, const Target &target) {
  Builder builder(function.getContext());
  SmallVector<Attribute> attributes = {builder.getStrArrayAttr({"target-cpu", target.cpu}),
                                       builder.getStringAttr("no-builtins"),
                                       builder.getStringAttr("nounwind")};
  if (!target.features.empty())
    attributes.push_back(builder.getStrArrayAttr({"target-features", getFeatureString(target)}));
  if (function.getNoInline()) // upstream's conversion drops it
    attributes.push_back(builder.getStringAttr("noinline"));
  return builder.getArrayAttr(attributes);
}

static SmallVector<Contract> getScalarContracts(const Target &machine) {
  SmallVector<Contract> contracts;
  for (StringRef name : machine.scalarContracts)
    if (std::optional<Contract> contract = symbolizeContract(name))
      contracts.push_back(*contract);
  return contracts;
}

namespace {

class ConvertQOptToKernels : public qopt::impl::ConvertQOptToKernelsBase<ConvertQOptToKernels> {
public:
  using ConvertQOptToKernelsBase::ConvertQOptToKernelsBase;

  void runOnOperation() override {
    llvm::Expected<const Target *> found = lookupTarget(target);
    if (!found) {
      emitError(UnknownLoc::get(&getContext())) << llvm::toString(found.takeError());
      return signalPassFailure();
    }
    const Target &machine = **found;
    codegen::ProgramOptions options;
    options.target = machine.name.str();
    options.features = llvm::join(machine.features, ",");
    options.pointerBytes = machine.indexBits / 8;
    options.maxTasks = maxTasks;
    options.keepAll = keepAll;
    options.patchable = patchable;
    options.scalarContracts = getScalarContracts(machine);
    if (failed(codegen::emitKernelPrograms(getOperation(), *machine.rows, options)))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      function->setAttr("passthrough", getFunctionAttributes(function, machine));
    getOperation()->setAttr(LLVM::LLVMDialect::getTargetTripleAttrName(),
                            StringAttr::get(&getContext(), machine.triple));
  }
};

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/CalibratedPass.h"

using namespace mlir;
using namespace qopt;

llvm::Expected<func::FuncOp> qopt::selectNetwork(ModuleOp module, StringRef name,
                                                 const NetworkChoice &choice) {
  SmallVector<func::FuncOp> networks;
  for (auto candidate : module.getOps<func::FuncOp>())
    if (!candidate.isDeclaration() && choice.matches(candidate))
      networks.push_back(candidate);
  if (networks.empty())
    return llvm::createStringError(choice.none);
  if (name.empty() && networks.size() == 1)
    return networks[0];
  if (name.empty())
    return llvm::createStringError("the module has " + Twine(networks.size()) +
                                   " networks; say with function=NAME which the data is for");
  auto found = llvm::find_if(networks, [&](func::FuncOp op) { return op.getName() == name; });
  if (found == networks.end())
    return llvm::createStringError("no " + choice.kind + " is called '" + name + "'");
  return *found;
}

LogicalResult qopt::reportError(Operation *op, llvm::Error error) {
  if (!error)
    return success();
  return emitError(op->getLoc()) << llvm::toString(std::move(error));
}

unsigned qopt::getNumThreads(MLIRContext *context) {
  return context->isMultithreadingEnabled() ? context->getNumThreads() : 1;
}

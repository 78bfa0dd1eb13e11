// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the two passes share: names of attributes, and the choice of the network.
#ifndef QOPT_LIB_BIASCORRECTION_MEANS_H
#define QOPT_LIB_BIASCORRECTION_MEANS_H

#include "qopt/Analysis/LayerMeans.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Error.h"

namespace qopt {

/// The function called `name`; without a name the only one that holds a layer with weights.
inline llvm::Expected<mlir::func::FuncOp> selectNetwork(mlir::ModuleOp module,
                                                        llvm::StringRef name) {
  llvm::SmallVector<mlir::func::FuncOp> networks;
  for (auto function : module.getOps<mlir::func::FuncOp>())
    if (!function.isDeclaration() && llvm::hasSingleElement(function.getBody()) &&
        llvm::any_of(function.getOps(), llvm::IsaPred<WeightedOpInterface>))
      networks.push_back(function);
  if (networks.empty())
    return llvm::createStringError("the module has no layer with weights");
  if (name.empty() && networks.size() == 1)
    return networks[0];
  if (name.empty())
    return llvm::createStringError("the module has " + llvm::Twine(networks.size()) +
                                   " networks; say with function=NAME which the data is for");
  auto found = llvm::find_if(networks, [&](mlir::func::FuncOp op) { return op.getName() == name; });
  if (found == networks.end())
    return llvm::createStringError("no network with layers is called '" + name + "'");
  return *found;
}

/// As many threads as passes may use.
inline unsigned getNumThreads(mlir::MLIRContext *context) {
  return context->isMultithreadingEnabled() ? context->getNumThreads() : 1;
}

} // namespace qopt

#endif // QOPT_LIB_BIASCORRECTION_MEANS_H

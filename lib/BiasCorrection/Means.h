// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the two passes share: names of attributes, and the choice of the network.
#ifndef QOPT_LIB_BIASCORRECTION_MEANS_H
#define QOPT_LIB_BIASCORRECTION_MEANS_H

#include "qopt/Analysis/LayerMeans.h"
#include "qopt/Calibration/CalibratedPass.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Error.h"

namespace qopt {

/// The network with layers called `name`; without a name the only one.
inline llvm::Expected<mlir::func::FuncOp> selectLayered(mlir::ModuleOp module,
                                                        llvm::StringRef name) {
  auto hasLayers = [](mlir::func::FuncOp function) {
    return llvm::hasSingleElement(function.getBody()) &&
           llvm::any_of(function.getOps(), llvm::IsaPred<WeightedOpInterface>);
  };
  return selectNetwork(module, name,
                       {hasLayers, "network with layers", "the module has no layer with weights"});
}

} // namespace qopt

#endif // QOPT_LIB_BIASCORRECTION_MEANS_H

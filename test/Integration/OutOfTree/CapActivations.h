// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef OUT_OF_TREE_CAPACTIVATIONS_H
#define OUT_OF_TREE_CAPACTIVATIONS_H

#include "mlir/Pass/Pass.h"
#include <memory>

/// Limits what rectified layers give to `limit`: outliers of the data then cost no resolution.
std::unique_ptr<mlir::Pass> createCapActivationsPass(float limit);

#endif // OUT_OF_TREE_CAPACTIVATIONS_H

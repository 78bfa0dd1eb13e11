// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Codegen/KernelModels.h"

void qopt::codegen::registerKernelModels(mlir::DialectRegistry &registry) {
  registerDotKernelModels(registry);
  registerLayerKernelModels(registry);
}

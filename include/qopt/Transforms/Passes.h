// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_TRANSFORMS_PASSES_H
#define QOPT_TRANSFORMS_PASSES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Pass/Pass.h"

namespace qopt {

#define GEN_PASS_DECL
#include "qopt/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/Transforms/Passes.h.inc"

inline void registerTransformsPasses() { registerQOptTransformsPasses(); }

} // namespace qopt

#endif // QOPT_TRANSFORMS_PASSES_H

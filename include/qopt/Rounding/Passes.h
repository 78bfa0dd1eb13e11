// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_ROUNDING_PASSES_H
#define QOPT_ROUNDING_PASSES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Pass/Pass.h"

namespace qopt {

#define GEN_PASS_DECL
#include "qopt/Rounding/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/Rounding/Passes.h.inc"

inline void registerRoundingPasses() { registerQOptRoundingPasses(); }

} // namespace qopt

#endif // QOPT_ROUNDING_PASSES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_BIASCORRECTION_PASSES_H
#define QOPT_BIASCORRECTION_PASSES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Pass/Pass.h"

namespace qopt {

#define GEN_PASS_DECL
#include "qopt/BiasCorrection/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/BiasCorrection/Passes.h.inc"

inline void registerBiasCorrectionPasses() { registerQOptBiasCorrectionPasses(); }

} // namespace qopt

#endif // QOPT_BIASCORRECTION_PASSES_H

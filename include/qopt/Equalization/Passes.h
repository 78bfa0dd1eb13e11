// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_EQUALIZATION_PASSES_H
#define QOPT_EQUALIZATION_PASSES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Pass/Pass.h"

namespace qopt {

#define GEN_PASS_DECL
#include "qopt/Equalization/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/Equalization/Passes.h.inc"

inline void registerEqualizationPasses() { registerQOptEqualizationPasses(); }

} // namespace qopt

#endif // QOPT_EQUALIZATION_PASSES_H

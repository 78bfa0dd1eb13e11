// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_DIALECT_QOPT_TRANSFORMS_PASSES_H
#define QOPT_DIALECT_QOPT_TRANSFORMS_PASSES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Pass/Pass.h"

namespace qopt {

/// On ops of the quantized level whose accumulator is proven: its largest magnitude (i64).
constexpr llvm::StringLiteral kAccumulatorBoundAttr = "qopt.accumulator_bound";

#define GEN_PASS_DECL
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"

inline void registerDialectTransformsPasses() { registerQOptDialectTransformsPasses(); }

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_TRANSFORMS_PASSES_H

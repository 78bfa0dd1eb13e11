// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the ops of layers with weights to the numbers that their kernels are made of.
#ifndef QOPT_CODEGEN_WEIGHTEDLAYER_H
#define QOPT_CODEGEN_WEIGHTEDLAYER_H

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt::codegen {

class LayoutPlanner;
class ProgramBuilder;

/// Weights, bias and requantization of `op`, whose single result has the layout's shape. Leaves the
/// window, groups and residual to the caller. Diagnoses what the op's verifier cannot know.
mlir::FailureOr<DotLayer> describeLayer(mlir::Operation *op, ProgramBuilder &builder);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_WEIGHTEDLAYER_H

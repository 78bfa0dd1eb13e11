// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The real functions behind qopt.unary, in double: for the float engine and for lookup tables.
#ifndef QOPT_ANALYSIS_UNARYFUNCTIONS_H
#define QOPT_ANALYSIS_UNARYFUNCTIONS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt {

/// kind(x); `alpha` and `beta` matter to leaky_relu, elu and hard_sigmoid.
double evaluateUnary(UnaryKind kind, double x, double alpha, double beta);

} // namespace qopt

#endif // QOPT_ANALYSIS_UNARYFUNCTIONS_H

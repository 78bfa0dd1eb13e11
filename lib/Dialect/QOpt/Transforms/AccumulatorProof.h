// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What must be proven of one op before its integers can be trusted.
#ifndef QOPT_LIB_DIALECT_QOPT_TRANSFORMS_ACCUMULATORPROOF_H
#define QOPT_LIB_DIALECT_QOPT_TRANSFORMS_ACCUMULATORPROOF_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt {

/// The bound of the accumulator of `op`, at most 2^31 - 1; reports one that is not.
mlir::FailureOr<int64_t> proveAccumulator(AccumulatorOpInterface op);

/// Reports a requantizing op whose multipliers have no form under the function's contract.
mlir::LogicalResult proveMultipliers(mlir::Operation *op);

} // namespace qopt

#endif // QOPT_LIB_DIALECT_QOPT_TRANSFORMS_ACCUMULATORPROOF_H

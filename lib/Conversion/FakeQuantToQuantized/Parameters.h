// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parameters of the quantized level from those of the simulated level.
#ifndef QOPT_LIB_CONVERSION_FAKEQUANTTOQUANTIZED_PARAMETERS_H
#define QOPT_LIB_CONVERSION_FAKEQUANTTOQUANTIZED_PARAMETERS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt {

/// The stored values of the constant that `fakeQuant` rounds, as a constant of its type.
mlir::FailureOr<ConstantOp> quantizeConstant(FakeQuantOp fakeQuant);

/// Replaces the f32 bias of `layer`, whose input and weights are quantized, by stored values.
mlir::LogicalResult quantizeBias(WeightedOpInterface layer);

/// Replaces `op` by a lookup from its input's type to `resultType`.
mlir::LogicalResult convertToLookup(UnaryOp op, mlir::quant::UniformQuantizedType resultType);

} // namespace qopt

#endif // QOPT_LIB_CONVERSION_FAKEQUANTTOQUANTIZED_PARAMETERS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contracts and grids of the IR as the numerics know them.
#ifndef QOPT_DIALECT_QOPT_IR_NUMERICTYPES_H
#define QOPT_DIALECT_QOPT_IR_NUMERICTYPES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Quantization/Contract.h"
#include "qopt/Quantization/Grid.h"

namespace qopt {

numerics::Contract toNumerics(Contract contract);

/// The grid of channel `channel`; channel 0 where it is per tensor.
numerics::Grid getGrid(const QuantParams &params, size_t channel = 0);
/// That of a quantized type or of a value that has one.
numerics::Grid getGrid(mlir::Type type);
inline numerics::Grid getGrid(mlir::Value value) { return getGrid(value.getType()); }

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_NUMERICTYPES_H

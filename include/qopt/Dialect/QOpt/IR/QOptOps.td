// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All ops of the dialect; each family has its own file.
#ifndef QOPT_DIALECT_QOPT_IR_OPS_TD
#define QOPT_DIALECT_QOPT_IR_OPS_TD

include "qopt/Dialect/QOpt/IR/QOptOpBase.td"
include "qopt/Dialect/QOpt/IR/QOptWeightedOps.td"
include "qopt/Dialect/QOpt/IR/QOptElementwiseOps.td"
include "qopt/Dialect/QOpt/IR/QOptPoolingOps.td"
include "qopt/Dialect/QOpt/IR/QOptDataMovementOps.td"
include "qopt/Dialect/QOpt/IR/QOptQuantizationOps.td"

#endif // QOPT_DIALECT_QOPT_IR_OPS_TD

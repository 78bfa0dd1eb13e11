// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a float network is going to be rounded. Observers, nudging and the conversion to the
// quantized level all ask here, so that they cannot disagree.
#ifndef QOPT_ANALYSIS_QUANTIZATIONSITES_H
#define QOPT_ANALYSIS_QUANTIZATIONSITES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt {

/// The quantization rule of `op`; none for ops that are not layers.
std::optional<QuantizationRule> getQuantizationRule(mlir::Operation *op);

/// Starts an error (a remark) that names the layer: "layer 'conv1' (qopt.conv2d): ".
mlir::InFlightDiagnostic emitLayerError(mlir::Operation *op);
mlir::InFlightDiagnostic emitLayerRemark(mlir::Operation *op);

/// Calls `callback` with the operands of a layer that carry activations: all of them but weights,
/// bias and tables. A constant operand of an addition or a concatenation is among them.
void forEachActivation(mlir::Operation *layer,
                       llvm::function_ref<void(mlir::OpOperand &)> callback);

/// The convolution into which `add` is fused as a residual under the contract `fp32`, or null: an
/// unrounded and unclamped conv2d without a residual, of the add's shape, that only the add reads.
/// Where both operands qualify it is the later one, so that its residual is already there.
Conv2DOp findResidualConv(AddOp add);

/// The operand of `add` that `conv`, one of its two operands, takes as residual.
mlir::Value getResidualOperand(AddOp add, Conv2DOp conv);

/// True where the conv2d's only reader fuses it as a residual.
bool isFusedIntoResidualAdd(mlir::Operation *op);

/// True for an unclamped convolution or matmul that reaches nothing but results of the function,
/// if need be through reshapes and transposes: its f32 result can come from the accumulator.
bool isFloatLogits(mlir::Operation *op);

} // namespace qopt

#endif // QOPT_ANALYSIS_QUANTIZATIONSITES_H

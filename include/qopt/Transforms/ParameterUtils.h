// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The float parameters of layers, read and replaced.
#ifndef QOPT_TRANSFORMS_PARAMETERUTILS_H
#define QOPT_TRANSFORMS_PARAMETERUTILS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qopt {

using Floats = llvm::SmallVector<float>;

/// The elements of a float constant; none where `value` is anything else (a fake_quant between
/// counts as something else: replacing the constant would have to repeat its rounding).
std::optional<Floats> getParameter(mlir::Value value);

/// Weights and bias of a layer on the float level. A missing bias reads as zeros.
struct LayerParameters {
  Floats weights, bias;
};
bool hasLayerParameters(WeightedOpInterface op);
std::optional<LayerParameters> getLayerParameters(WeightedOpInterface op);

/// A constant in place of `operand`, named like the one it replaces (or layer and `role`), which
/// goes if nothing else reads it.
void replaceParameter(mlir::OpBuilder &builder, mlir::OpOperand &operand, llvm::StringRef role,
                      llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);

/// Sets weights and bias; a bias of zeros alone is not added to a layer without one.
void setLayerParameters(mlir::OpBuilder &builder, WeightedOpInterface op,
                        llvm::ArrayRef<int64_t> weightsShape, const LayerParameters &parameters);

/// The elements of a tensor of `shape` with its dimensions permuted: result dimension i is
/// dimension permutation[i] of `values`.
Floats permuteDimensions(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> permutation);

/// Erases `op` and constants that only it read.
void eraseWithParameters(mlir::Operation *op);

} // namespace qopt

#endif // QOPT_TRANSFORMS_PARAMETERUTILS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attaches the kernels to the ops: external models of KernelOpInterface.
#ifndef QOPT_CODEGEN_KERNELMODELS_H
#define QOPT_CODEGEN_KERNELMODELS_H

namespace mlir {
class DialectRegistry;
}

namespace qopt::codegen {

/// Convolution, depthwise convolution, fully connected.
void registerDotKernelModels(mlir::DialectRegistry &registry);
/// All other ops of the quantized level.
void registerLayerKernelModels(mlir::DialectRegistry &registry);

/// Both.
void registerKernelModels(mlir::DialectRegistry &registry);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELMODELS_H

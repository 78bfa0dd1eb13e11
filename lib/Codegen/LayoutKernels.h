// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that the buffer plan itself needs.
#ifndef QOPT_LIB_CODEGEN_LAYOUTKERNELS_H
#define QOPT_LIB_CODEGEN_LAYOUTKERNELS_H

#include "KernelLibrary.h"

namespace qopt::codegen {

/// `@fill_halo(%tensor, %begin, %end)`: writes the zero point at rest to the halo of the images
/// [begin, end).
mlir::func::FuncOp getFillHaloKernel(KernelLibrary &library, const RowSet &rows,
                                     const BufferLayout &layout);

/// `@copy_layout(%from, %to, %begin, %end)`: moves the rows [begin, end) of n * h.
mlir::func::FuncOp getCopyKernel(KernelLibrary &library, const RowSet &rows,
                                 const BufferLayout &from, const BufferLayout &to);

} // namespace qopt::codegen

#endif // QOPT_LIB_CODEGEN_LAYOUTKERNELS_H

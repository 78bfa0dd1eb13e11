// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Spelling what a kernel depends on.
#ifndef QOPT_CODEGEN_KERNELNAMES_H
#define QOPT_CODEGEN_KERNELNAMES_H

#include "qopt/Codegen/BufferLayout.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

#include "llvm/Support/raw_ostream.h"

#include <string>

namespace qopt::codegen {

inline void describe(llvm::raw_ostream &stream, const BufferLayout &layout) {
  stream << " [" << layout.n << "," << layout.h << "," << layout.w << "," << layout.c << " p"
         << layout.pixelStride << " r" << layout.rowStride << " i" << layout.imageStride << " f"
         << layout.flipped << " a" << layout.alignment << "]";
}

inline void describe(llvm::raw_ostream &stream, const Window &window) {
  for (const WindowDim &dim : {window.height, window.width})
    stream << " k" << dim.kernel << "s" << dim.stride << "d" << dim.dilation << "p" << dim.padLow;
}

/// 3x3s2
inline std::string windowName(const Window &window) {
  return std::to_string(window.height.kernel) + "x" + std::to_string(window.width.kernel) + "s" +
         std::to_string(window.height.stride);
}

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELNAMES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops of sliding windows that stop at the borders of the image: pools need no halo.
#ifndef QOPT_CODEGEN_KERNELS_POOLLOOPS_H
#define QOPT_CODEGEN_KERNELS_POOLLOOPS_H

#include "qopt/Codegen/BufferLayout.h"
#include "qopt/Codegen/Emitter.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

namespace qopt::codegen {

/// The taps [first, last) of one dimension of a window that lie inside the image.
struct TapRange {
  mlir::Value first, last;
  bool isWhole = false; ///< known to be all taps
};

/// One group of channels of one output pixel.
struct PoolSite {
  TapRange rows, columns;
  mlir::Value corner; ///< address of the group under tap (0, 0); may lie outside the image
  mlir::Value output; ///< address of the group in the result
};

class PoolLoops {
public:
  PoolLoops(const Window &window, const BufferLayout &input, const BufferLayout &output)
      : window(window), input(input), output(output) {}

  /// A unit is a row of the result.
  int64_t getUnits() const { return output.n * output.h; }
  int64_t getMinUnitsPerTask() const;
  std::string getSignature() const;

  void emit(Emitter &emit, mlir::ValueRange pointers, mlir::Value begin, mlir::Value end,
            int64_t lanes, llvm::function_ref<void(const PoolSite &, int64_t width)> body) const;

  /// Folds the taps inside the image into `initial`: value = combine(value, address of the tap).
  mlir::Value reduceTaps(Emitter &emit, const PoolSite &site, mlir::Value initial,
                         llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine) const;

private:
  void emitPixels(Emitter &emit, mlir::Value inputRow, mlir::Value outputRow, TapRange rows,
                  int64_t lanes,
                  llvm::function_ref<void(const PoolSite &, int64_t width)> body) const;

  Window window;
  const BufferLayout &input, &output;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELS_POOLLOOPS_H

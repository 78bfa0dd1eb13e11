// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The geometry of sliding windows, shared by convolutions and pools.
#ifndef QOPT_DIALECT_QOPT_IR_WINDOWGEOMETRY_H
#define QOPT_DIALECT_QOPT_IR_WINDOWGEOMETRY_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace qopt {

/// One spatial dimension: out = (in + padLow + padHigh - extent) / stride + 1 (floor).
struct WindowDim {
  int64_t kernel = 1, stride = 1, dilation = 1, padLow = 0, padHigh = 0;

  int64_t extent() const { return (kernel - 1) * dilation + 1; }
  /// Size of the result along this dimension; <= 0 where the window does not fit.
  int64_t outputSize(int64_t input) const {
    int64_t room = input + padLow + padHigh - extent();
    return room < 0 ? 0 : room / stride + 1;
  }
};

/// Height and width of a window; `pads` is [top, left, bottom, right].
struct Window {
  WindowDim height, width;

  static Window get(llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides,
                    llvm::ArrayRef<int64_t> pads, llvm::ArrayRef<int64_t> dilations) {
    return {{kernel[0], strides[0], dilations[0], pads[0], pads[2]},
            {kernel[1], strides[1], dilations[1], pads[1], pads[3]}};
  }
};

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_WINDOWGEOMETRY_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The attributes that convolutions and pools share.
#ifndef QOPT_LIB_IMPORT_ONNX_WINDOW_H
#define QOPT_LIB_IMPORT_ONNX_WINDOW_H

#include "Node.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

namespace qopt::onnx {

/// Height and width of a sliding window, with padding made explicit.
struct SlidingWindow {
  Shape kernel, strides, dilations;
  Shape pads;     ///< [top, left, bottom, right], as the model asks for
  Shape ceilPads; ///< what ceil_mode adds to bottom and right beyond `pads`: [bottom, right]
  Shape output;   ///< [height, width]

  /// `pads` with what ceil_mode adds.
  Shape allPads() const { return {pads[0], pads[1], pads[2] + ceilPads[0], pads[3] + ceilPads[1]}; }
};

/// Reads strides, dilations, pads, auto_pad and ceil_mode for an NHWC input.
SlidingWindow readWindow(const Node &node, ShapeRef kernel, ShapeRef inputNhwc);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_WINDOW_H

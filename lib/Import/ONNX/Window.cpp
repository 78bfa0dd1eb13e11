// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Window.h"

using namespace qopt;
using namespace qopt::onnx;

/// Sizes beyond this cannot be meant, and their products could overflow.
static constexpr int64_t kLargest = 1 << 24;

static Shape readNumbers(const Node &node, llvm::StringRef name, Shape fallback, int64_t least) {
  Shape numbers = node.getInts(name).value_or(fallback);
  bool valid = numbers.size() == fallback.size();
  for (int64_t number : numbers)
    valid &= number >= least && number <= kLargest;
  if (!valid)
    fail("attribute " + quoted(name) + " is " + toString(numbers) + " where " +
         llvm::Twine(fallback.size()) + " numbers from " + llvm::Twine(least) +
         " on are supported; move negative or odd padding into a node of its own");
  return numbers;
}

/// Padding in one dimension such that the result has ceil(input / stride) elements.
static std::pair<int64_t, int64_t> samePads(const WindowDim &dim, int64_t input, bool upper) {
  int64_t output = (input + dim.stride - 1) / dim.stride;
  int64_t total = std::max<int64_t>(0, (output - 1) * dim.stride + dim.extent() - input);
  int64_t less = total / 2;
  return upper ? std::make_pair(less, total - less) : std::make_pair(total - less, less);
}

static Shape readPads(const Node &node, const Window &window, ShapeRef input) {
  std::string mode = node.getString("auto_pad", "NOTSET");
  if (mode == "NOTSET" || mode.empty())
    return readNumbers(node, "pads", {0, 0, 0, 0}, 0);
  if (mode == "VALID")
    return {0, 0, 0, 0};
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
    fail("attribute 'auto_pad' is " + quoted(mode) +
         ", which is no padding mode of ONNX; export the model again");
  auto [top, bottom] = samePads(window.height, input[1], mode == "SAME_UPPER");
  auto [left, right] = samePads(window.width, input[2], mode == "SAME_UPPER");
  return {top, left, bottom, right};
}

/// ceil_mode admits a last window that starts inside the input or its low padding but ends beyond
/// the high padding; returns the padding that makes it fit.
static int64_t ceilPad(const WindowDim &dim, int64_t input) {
  int64_t room = input + dim.padLow + dim.padHigh - dim.extent();
  if (room <= -dim.stride)
    return 0; // not even one window
  int64_t start = (room + dim.stride - 1) / dim.stride * dim.stride;
  return start < input + dim.padLow ? start - room : 0;
}

static int64_t outputSize(WindowDim dim, int64_t input, int64_t ceilPad) {
  dim.padHigh += ceilPad;
  int64_t size = dim.outputSize(input);
  if (size < 1)
    fail("its window of " + llvm::Twine(dim.extent()) + " does not fit into an input of " +
         llvm::Twine(input) + " with its padding; make the input larger");
  return size;
}

SlidingWindow qopt::onnx::readWindow(const Node &node, ShapeRef kernel, ShapeRef inputNhwc) {
  SlidingWindow window;
  window.kernel.assign(kernel.begin(), kernel.end());
  if (kernel.size() != 2 || kernel[0] < 1 || kernel[1] < 1 || kernel[0] > kLargest ||
      kernel[1] > kLargest)
    fail("its kernel is " + toString(kernel) +
         " where two positive numbers are supported; give the model 2-D layers");
  window.strides = readNumbers(node, "strides", {1, 1}, 1);
  window.dilations = readNumbers(node, "dilations", {1, 1}, 1);
  Window geometry = Window::get(window.kernel, window.strides, {0, 0, 0, 0}, window.dilations);
  window.pads = readPads(node, geometry, inputNhwc);
  geometry = Window::get(window.kernel, window.strides, window.pads, window.dilations);
  bool ceilMode = node.getInt("ceil_mode", 0) != 0;
  window.ceilPads = {ceilMode ? ceilPad(geometry.height, inputNhwc[1]) : 0,
                     ceilMode ? ceilPad(geometry.width, inputNhwc[2]) : 0};
  window.output = {outputSize(geometry.height, inputNhwc[1], window.ceilPads[0]),
                   outputSize(geometry.width, inputNhwc[2], window.ceilPads[1])};
  return window;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LinearLayer.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qopt;

static Window getWindow(Conv2DOp op) {
  return Window::get(op.getWeights().getType().getShape().slice(1, 2), op.getStrides(),
                     op.getPads(), op.getDilations());
}

static Window getWindow(DepthwiseConv2DOp op) {
  return Window::get(op.getWeights().getType().getShape().take_front(2), op.getStrides(),
                     op.getPads(), op.getDilations());
}

LinearLayer::LinearLayer(WeightedOpInterface op) {
  ArrayRef<int64_t> input = cast<RankedTensorType>(op.getActivationValue().getType()).getShape();
  ArrayRef<int64_t> result = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  images = input.front(), channels = input.back(), outputs = result.back();
  if (input.size() == 4) {
    height = input[1], width = input[2];
    resultHeight = result[1], resultWidth = result[2];
  }
  if (auto conv = dyn_cast<Conv2DOp>(op.getOperation())) {
    window = getWindow(conv);
    groups = conv.getGroups();
  } else if (auto conv = dyn_cast<DepthwiseConv2DOp>(op.getOperation())) {
    window = getWindow(conv);
    groups = channels;
    depthwise = true;
  }
}

std::pair<int64_t, int64_t> LinearLayer::resultsInside(const WindowDim &dim, int64_t tap,
                                                       int64_t size, int64_t results) {
  int64_t offset = tap * dim.dilation - dim.padLow; // result r meets input r·stride + offset
  int64_t first = offset >= 0 ? 0 : llvm::divideCeil(-offset, dim.stride);
  int64_t last = size <= offset ? 0 : llvm::divideCeil(size - offset, dim.stride);
  last = std::min(last, results);
  return {std::min(first, last), last};
}

void LinearLayer::subtractFromInputs(double value, int64_t runs,
                                     llvm::MutableArrayRef<double> sums) const {
  for (int64_t y = 0; y < window.height.kernel; ++y)
    for (int64_t x = 0; x < window.width.kernel; ++x) {
      auto [top, bottom] = resultsInside(window.height, y, height, resultHeight);
      auto [left, right] = resultsInside(window.width, x, width, resultWidth);
      double met = double(runs) * double(images) * double(bottom - top) * double(right - left);
      double *tap = sums.data() + (y * window.width.kernel + x) * channels;
      for (int64_t c = 0; c < channels; ++c)
        tap[c] -= met * value;
    }
}

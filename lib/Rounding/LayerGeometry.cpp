// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerGeometry.h"

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

std::optional<LayerGeometry> LayerGeometry::get(WeightedOpInterface layer) {
  LayerGeometry geometry;
  ArrayRef<int64_t> input = getShape(layer.getActivationValue());
  ArrayRef<int64_t> weights = getShape(layer.getWeightsValue());
  ArrayRef<int64_t> output = getShape(layer->getResult(0));
  geometry.images = input.front();
  geometry.channels = input.back();
  geometry.rowCount = output.back();
  if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation())) {
    geometry.window =
        Window::get(weights.slice(1, 2), conv.getStrides(), conv.getPads(), conv.getDilations());
    geometry.groupCount = static_cast<int64_t>(conv.getGroups());
  } else if (auto depthwise = dyn_cast<DepthwiseConv2DOp>(layer.getOperation())) {
    geometry.window = Window::get(weights.take_front(2), depthwise.getStrides(),
                                  depthwise.getPads(), depthwise.getDilations());
    geometry.groupCount = geometry.channels;
    geometry.rowsLast = true;
  } else if (!isa<MatmulOp>(layer.getOperation())) {
    return std::nullopt;
  }
  if (input.size() == 4) {
    geometry.height = input[1];
    geometry.width = input[2];
    geometry.outputHeight = output[1];
    geometry.outputWidth = output[2];
  }
  if (geometry.groupCount == 0)
    return std::nullopt;
  geometry.groupChannels = geometry.channels / geometry.groupCount;
  return geometry;
}

/// One vector; `image` points at the first channel of the group.
void LayerGeometry::gather(const float *image, int64_t row, int64_t column, double *vector) const {
  for (int64_t kh = 0; kh < window.height.kernel; ++kh)
    for (int64_t kw = 0; kw < window.width.kernel; ++kw, vector += groupChannels) {
      int64_t h = row * window.height.stride - window.height.padLow + kh * window.height.dilation;
      int64_t w = column * window.width.stride - window.width.padLow + kw * window.width.dilation;
      if (h < 0 || h >= height || w < 0 || w >= width)
        std::fill_n(vector, groupChannels, 0.0);
      else
        std::copy_n(image + (h * width + w) * channels, groupChannels, vector);
    }
}

void LayerGeometry::forEachVector(ArrayRef<float> activation, int64_t group,
                                  Receiver receive) const {
  // Enough rows for the matrix product to be fast, few enough to stay in the cache.
  constexpr int64_t kBlock = 256;
  int64_t size = inputs(), pixels = outputHeight * outputWidth, total = images * pixels;
  std::vector<double> vectors(kBlock * size);
  for (int64_t begin = 0; begin < total; begin += kBlock) {
    int64_t end = std::min(total, begin + kBlock);
    for (int64_t index = begin; index < end; ++index) {
      int64_t image = index / pixels, pixel = index % pixels;
      const float *first =
          activation.data() + image * height * width * channels + group * groupChannels;
      gather(first, pixel / outputWidth, pixel % outputWidth,
             vectors.data() + (index - begin) * size);
    }
    receive(ArrayRef<double>(vectors).take_front((end - begin) * size));
  }
}

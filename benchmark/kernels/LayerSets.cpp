// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerSets.h"

using namespace qopt::benchmark;

static Layer conv(int64_t size, int64_t channels, int64_t outputs, int64_t kernel, int64_t stride,
                  int64_t count) {
  return {Kind::Conv, size, channels, outputs, kernel, stride, count};
}

static Layer depthwise(int64_t size, int64_t channels, int64_t stride, int64_t count) {
  return {Kind::Depthwise, size, channels, channels, 3, stride, count};
}

/// The form with the stride in the 3x3 layers; equal layers of a stage are counted.
static LayerSet makeResNet50() {
  LayerSet set{"resnet50_convolutions", {conv(224, 3, 64, 7, 2, 1)}};
  int64_t size = 56, input = 64, blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    int64_t width = int64_t{64} << stage, output = 4 * width, more = blocks[stage] - 1;
    int64_t stride = stage ? 2 : 1, result = size / stride;
    set.layers.push_back(conv(size, input, width, 1, 1, 1));
    set.layers.push_back(conv(size, width, width, 3, stride, 1));
    set.layers.push_back(conv(size, input, output, 1, stride, 1));
    set.layers.push_back(conv(result, width, output, 1, 1, more + 1));
    set.layers.push_back(conv(result, output, width, 1, 1, more));
    set.layers.push_back(conv(result, width, width, 3, 1, more));
    size = result, input = output;
  }
  return set;
}

static LayerSet makePointwise() {
  return {"mobilenetv1_pointwise",
          {conv(112, 32, 64, 1, 1, 1), conv(56, 64, 128, 1, 1, 1), conv(56, 128, 128, 1, 1, 1),
           conv(28, 128, 256, 1, 1, 1), conv(28, 256, 256, 1, 1, 1), conv(14, 256, 512, 1, 1, 1),
           conv(14, 512, 512, 1, 1, 5), conv(7, 512, 1024, 1, 1, 1), conv(7, 1024, 1024, 1, 1, 1)}};
}

std::vector<LayerSet> qopt::benchmark::getLayerSets() {
  LayerSet unit{"mobilenetv1_depthwise_s1",
                {depthwise(112, 32, 1, 1), depthwise(56, 128, 1, 1), depthwise(28, 256, 1, 1),
                 depthwise(14, 512, 1, 5), depthwise(7, 1024, 1, 1)}};
  LayerSet two{"mobilenetv1_depthwise_s2",
               {depthwise(112, 64, 2, 1), depthwise(56, 128, 2, 1), depthwise(28, 256, 2, 1),
                depthwise(14, 512, 2, 1)}};
  return {makeResNet50(), makePointwise(), unit, two};
}

std::vector<Layer> qopt::benchmark::getSingleLayers() {
  return {conv(32, 16, 16, 3, 1, 1),
          conv(16, 32, 32, 3, 1, 1),
          conv(8, 64, 64, 3, 1, 1),
          conv(14, 16, 16, 3, 1, 1),
          conv(7, 32, 32, 3, 1, 1),
          conv(56, 64, 64, 3, 1, 1),
          conv(14, 256, 256, 3, 1, 1),
          conv(7, 512, 512, 3, 1, 1),
          conv(224, 3, 64, 7, 2, 1),
          conv(56, 64, 128, 1, 1, 1),
          conv(56, 64, 256, 1, 1, 1),
          conv(28, 128, 512, 1, 1, 1),
          conv(56, 256, 512, 1, 2, 1),
          conv(14, 1024, 2048, 1, 2, 1),
          conv(7, 512, 2048, 1, 1, 1),
          conv(14, 512, 512, 1, 1, 1),
          conv(7, 1024, 1024, 1, 1, 1),
          depthwise(56, 128, 1, 1),
          depthwise(14, 512, 1, 1),
          depthwise(56, 128, 2, 1),
          {Kind::FullyConnected, 1, 1024, 1000},
          {Kind::FullyConnected, 1, 2048, 1000},
          {Kind::Add, 56, 256, 256},
          {Kind::AveragePool, 7, 1024, 1024, 7, 7},
          {Kind::Softmax, 1, 1000, 1000}};
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of layers with weights against a naive loop: every byte, at shapes one off every tile.
#include "DotLayerTester.h"

#include "qopt/Target/Target.h"

#include "gtest/gtest.h"

#include <tuple>

using namespace qopt;
using namespace qopt::codegen;
using namespace qopt::test;
using numerics::Contract;

namespace {

std::vector<const RowSet *> rowSets() {
  std::vector<const RowSet *> sets;
  for (const Target *target : getHostTargets())
    sets.push_back(target->rows);
  return sets;
}

void check(const LayerCase &layerCase) {
  for (const RowSet *rows : rowSets())
    EXPECT_EQ(checkLayer(*rows, layerCase, 1), "") << rows->getName().str();
}

TEST(DotKernel, Pointwise) {
  // Pixels one off the tiles of 14 and 28; channels one off vectors of 16 and panels of 32.
  for (int64_t width : {1, 13, 14, 15, 29})
    for (int64_t oc : {1, 15, 16, 17, 32, 33, 49}) {
      LayerCase c;
      c.w = width, c.oc = oc, c.c = 20;
      check(c);
    }
}

TEST(DotKernel, ReductionTails) {
  for (int64_t channels : {1, 3, 4, 5, 16, 19, 64}) {
    LayerCase c;
    c.h = 3, c.w = 5, c.c = channels, c.oc = 24;
    check(c);
  }
}

TEST(DotKernel, Windows) {
  for (int64_t kernel : {1, 3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t dilation : {1, 2}) {
        LayerCase c;
        c.h = 9, c.w = 11, c.c = 3, c.oc = 18, c.n = 2;
        c.kernel = kernel, c.stride = stride, c.dilation = dilation;
        c.pad = dilation * (kernel / 2), c.parts = 3;
        check(c);
      }
}

TEST(DotKernel, SmallMaps) {
  for (int64_t size : {1, 2, 4, 7}) {
    LayerCase c;
    c.h = c.w = size, c.c = 8, c.oc = 40, c.kernel = 3, c.pad = 1;
    check(c);
  }
}

TEST(DotKernel, Groups) {
  for (int64_t groups : {2, 3}) // the channels of a group are a multiple of 4, and are not
    for (int64_t perGroup : {4, 5}) {
      LayerCase c;
      c.h = c.w = 6, c.groups = groups, c.c = perGroup * groups, c.oc = 18 * groups;
      c.kernel = 3, c.pad = 1;
      check(c);
    }
}

TEST(DotKernel, Contracts) {
  for (Contract contract : numerics::allContracts())
    for (auto clamp :
         {LayerCase::Clamp::None, LayerCase::Clamp::Uniform, LayerCase::Clamp::PerChannel}) {
      LayerCase c;
      c.h = c.w = 5, c.c = 12, c.oc = 35, c.contract = contract, c.clamp = clamp;
      check(c);
    }
}

TEST(DotKernel, ZeroPointsAtTheExtremes) {
  for (int32_t zero : {-128, 127}) {
    LayerCase c;
    c.h = c.w = 5, c.c = 12, c.oc = 35, c.kernel = 3, c.pad = 1;
    c.inputZero = zero, c.outputZero = zero;
    check(c);
  }
}

TEST(DotKernel, BordersThatAreZeroAtRest) {
  // As unsigned and as signed codes. Tiles are whole rows of results, or are not; channels suffice
  // for columns of the kernel apart, or do not.
  for (int32_t zero : {-128, 0})
    for (auto [width, channels, kernel] :
         {std::tuple(7, 64, 3), std::tuple(14, 260, 5), std::tuple(17, 12, 3)}) {
      LayerCase c;
      c.h = 3, c.w = width, c.c = channels, c.oc = 35, c.inputZero = zero, c.parts = 2;
      c.kernel = kernel, c.stride = kernel == 5 ? 2 : 1, c.pad = kernel - 2;
      check(c);
    }
  LayerCase c; // the outer rows of windows miss the input altogether
  c.n = 2, c.h = 4, c.w = 6, c.c = 64, c.oc = 40, c.inputZero = -128, c.weightZero = 7;
  c.kernel = 3, c.dilation = 5, c.pad = 5;
  check(c);
}

TEST(DotKernel, PixelsSideBySide) {
  for (auto [channels, kernel] : {std::pair(1, 4), std::pair(2, 5), std::pair(3, 7)})
    for (int64_t behind : {0, 3}) { // too few for rows that read past their end, and enough
      LayerCase c;
      c.h = 5, c.w = 9, c.c = channels, c.oc = 18, c.n = 2, c.weightZero = behind;
      c.kernel = kernel, c.stride = 2, c.pad = 1, c.pixelMultiple = 1, c.pixelsBehind = behind;
      check(c);
    }
}

TEST(DotKernel, WeightsWithAZeroPoint) {
  LayerCase c;
  c.h = c.w = 5, c.c = 7, c.oc = 35, c.kernel = 3, c.pad = 1, c.weightZero = -9;
  check(c);
}

TEST(DotKernel, ProductsThatDoNotFit) {
  for (Contract contract : {Contract::Fp32, Contract::Fixed}) {
    LayerCase c; // M so large that requantized sums leave 32 bits
    c.h = c.w = 4, c.c = 64, c.oc = 16, c.contract = contract, c.multiplier = 1e6f;
    check(c);
  }
}

TEST(DotKernel, Residual) {
  for (int64_t oc : {10, 16, 35}) {
    LayerCase c;
    c.h = 3, c.w = 17, c.c = 12, c.oc = oc, c.residual = true;
    check(c);
    c.clamp = LayerCase::Clamp::PerChannel, c.multiplier = 1e6f;
    check(c);
  }
}

TEST(DotKernel, FloatResult) {
  for (int64_t oc : {10, 16, 35}) {
    LayerCase c;
    c.h = 1, c.w = 3, c.c = 12, c.oc = oc, c.floatResult = true;
    check(c);
  }
}

TEST(Depthwise, Windows) {
  for (int64_t channels : {1, 4, 8, 15, 16, 17, 32, 64, 80, 130})
    for (int64_t kernel : {3, 5})
      for (int64_t stride : {1, 2}) {
        LayerCase c;
        c.depthwise = true, c.c = c.oc = channels;
        c.h = 7, c.w = 6, c.kernel = kernel, c.stride = stride, c.pad = kernel / 2;
        check(c);
      }
}

TEST(Depthwise, Dilation) {
  LayerCase c;
  c.depthwise = true, c.c = c.oc = 70, c.h = 9, c.w = 8, c.kernel = 3, c.dilation = 2, c.pad = 2;
  check(c);
}

TEST(Depthwise, LargeKernels) {
  for (int64_t kernel : {7, 13}) { // in line, and as loops
    LayerCase c;
    c.depthwise = true, c.c = c.oc = 70, c.h = 14, c.w = 13, c.kernel = kernel, c.pad = kernel / 2;
    check(c);
  }
}

TEST(Depthwise, Multiplier) {
  LayerCase c;
  c.depthwise = true, c.c = 6, c.oc = 12, c.h = 5, c.w = 5, c.kernel = 3, c.pad = 1;
  check(c);
}

TEST(Depthwise, WeightsWithAZeroPoint) {
  LayerCase c;
  c.depthwise = true, c.c = c.oc = 70, c.h = 5, c.w = 5, c.kernel = 3, c.pad = 1;
  c.weightZero = 100;
  check(c);
}

TEST(Depthwise, Contracts) {
  for (Contract contract : numerics::allContracts())
    for (auto clamp :
         {LayerCase::Clamp::None, LayerCase::Clamp::Uniform, LayerCase::Clamp::PerChannel}) {
      LayerCase c;
      c.depthwise = true, c.c = c.oc = 83, c.h = 5, c.w = 5, c.kernel = 3, c.pad = 1;
      c.contract = contract, c.clamp = clamp, c.n = 2, c.parts = 2;
      check(c);
    }
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a layout promises of addresses: a machine that rounds wrong ones would show nothing.
#include "qopt/Codegen/BufferLayout.h"

#include "gtest/gtest.h"

using namespace qopt::codegen;

namespace {

BufferLayout makeLayout(int64_t channels, const Halo &halo, int64_t alignment) {
  BufferLayout layout;
  layout.n = 2, layout.h = 3, layout.w = 5, layout.c = channels;
  layout.setStrides(halo, 1);
  layout.alignment = alignment;
  return layout;
}

TEST(BufferLayout, WholeVectorsAreAligned) {
  EXPECT_EQ(makeLayout(256, {1, 1, 1, 1}, 128).alignmentAt(128), 128);
}

TEST(BufferLayout, ChannelsWithinAVectorAreNot) {
  EXPECT_EQ(makeLayout(256, {}, 128).alignmentAt(64), 64);
  EXPECT_EQ(makeLayout(256, {}, 128).alignmentAt(96), 32);
}

TEST(BufferLayout, PixelsDecide) {
  EXPECT_EQ(makeLayout(48, {}, 128).alignmentAt(128), 16);
  EXPECT_EQ(makeLayout(3, {}, 128).alignmentAt(128), 1);
}

TEST(BufferLayout, CallersBuffersPromiseNothing) {
  EXPECT_EQ(makeLayout(128, {}, 1).alignmentAt(128), 1);
}

TEST(BufferLayout, EveryPixelIsAMultiple) {
  for (int64_t channels : {4, 32, 48, 64, 96, 128}) {
    BufferLayout layout = makeLayout(channels, {1, 2, 0, 1}, 1 << 20);
    int64_t promised = layout.alignmentAt(32);
    for (int64_t image = 0; image < layout.n; ++image)
      for (int64_t y = -1; y < layout.h; ++y)
        for (int64_t x = -2; x < layout.w + 1; ++x)
          for (int64_t channel = 0; channel < channels; channel += 32)
            EXPECT_EQ(layout.offset(image, y, x, channel) % promised, 0) << channels;
  }
}

} // namespace

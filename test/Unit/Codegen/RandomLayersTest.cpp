// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random layers with weights against a naive loop. QOPT_RANDOM_LAYERS=COUNT tries more of them.
#include "DotLayerTester.h"

#include "qopt/Target/Target.h"

#include "gtest/gtest.h"

#include <cstdlib>

using namespace qopt::codegen;
using namespace qopt::test;

namespace {

class RandomLayer {
public:
  explicit RandomLayer(unsigned seed) : random(seed) {}

  LayerCase draw() {
    LayerCase c;
    c.n = pick({1, 1, 1, 2, 3});
    c.kernel = pick({1, 1, 2, 3, 3, 5});
    c.stride = pick({1, 1, 1, 2, 3}), c.dilation = pick({1, 1, 1, 2});
    c.pad = between(0, c.kernel / 2 * c.dilation);
    int64_t extent = (c.kernel - 1) * c.dilation + 1;
    c.h = between(std::max<int64_t>(1, extent - 2 * c.pad), 18);
    c.w = between(std::max<int64_t>(1, extent - 2 * c.pad), 31);
    c.depthwise = between(0, 2) == 0;
    if (c.depthwise) {
      c.c = between(1, 150), c.oc = c.c * pick({1, 1, 1, 1, 2});
    } else {
      c.groups = pick({1, 1, 1, 1, 2, 3});
      c.c = c.groups * between(1, 40), c.oc = c.groups * between(1, 70);
    }
    drawArithmetic(c);
    return c;
  }

private:
  void drawArithmetic(LayerCase &c) {
    c.contract = qopt::numerics::allContracts()[between(0, 3)];
    c.clamp = static_cast<LayerCase::Clamp>(between(0, 2));
    c.inputZero = pick({-128, -128, 127, 0, int(between(-128, 127))});
    c.outputZero = pick({-128, -128, 127, 0, int(between(-128, 127))});
    c.weightZero = pick({0, 0, 0, 0, int(between(-128, 127))});
    bool large = c.contract == qopt::numerics::Contract::Fp32 ||
                 c.contract == qopt::numerics::Contract::Fixed;
    c.multiplier = large && between(0, 4) == 0 ? 3000.0f : 0.0f;
    c.floatResult = between(0, 9) == 0;
    c.residual = !c.depthwise && !c.floatResult && between(0, 4) == 0;
    if (c.residual)
      c.contract = qopt::numerics::Contract::Fp32;
    c.pixelMultiple = pick({4, 4, 16, 64});
    c.parts = between(1, 4);
  }

  int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }
  int pick(std::initializer_list<int> choices) {
    return choices.begin()[between(0, choices.size() - 1)];
  }

  std::mt19937 random;
};

TEST(RandomLayers, EveryByte) {
  const char *wanted = std::getenv("QOPT_RANDOM_LAYERS");
  unsigned count = wanted ? std::strtoul(wanted, nullptr, 10) : 40;
  std::vector<const qopt::Target *> targets = qopt::getHostTargets();
  for (unsigned seed = 1; seed <= count; ++seed) {
    LayerCase c = RandomLayer(seed).draw();
    for (const qopt::Target *target : targets)
      EXPECT_EQ(checkLayer(*target->rows, c, seed), "") << target->name.str() << ", seed " << seed;
  }
}

} // namespace

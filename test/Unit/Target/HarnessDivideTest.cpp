// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The harness divides in integers where the machine cannot; this machine can.
#include "../../../lib/Target/Harness/Divide.h"

#include "gtest/gtest.h"

#include <cstring>
#include <random>

/// The least and greatest of everything, and numbers at which roundings change.
static const uint32_t kCorners[] = {
    0x00000001, 0x00000002, 0x00000003, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000,
    0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fffffff, 0x40000000, 0x7e800000, 0x7f7ffffe, 0x7f7fffff};

static void expectEqualToHardware(uint32_t dividend, uint32_t divisor) {
  float a = harness_float_of(dividend), b = harness_float_of(divisor);
  volatile float exact = a / b;
  EXPECT_EQ(harness_float_bits(harness_divide(a, b)), harness_float_bits(exact))
      << std::hexfloat << a << " / " << b;
}

TEST(HarnessDivide, Corners) {
  for (uint32_t dividend : kCorners)
    for (uint32_t divisor : kCorners)
      for (uint32_t sign : {0u, 0x80000000u})
        expectEqualToHardware(dividend | sign, divisor);
  for (uint32_t special : {0x00000000u, 0x80000000u, 0x7f800000u, 0xff800000u})
    expectEqualToHardware(special, 0x3f800003);
  float nan = harness_divide(harness_float_of(0x7fc00000), 1.0f);
  EXPECT_TRUE(nan != nan);
}

TEST(HarnessDivide, RandomBits) {
  std::mt19937 random(1);
  for (int i = 0; i < 300000; ++i) {
    uint32_t dividend = random(), divisor = random() & 0x7fffffff;
    if ((dividend & 0x7fffffff) < 0x7f800000 && divisor != 0 && divisor < 0x7f800000)
      expectEqualToHardware(dividend, divisor);
  }
}

/// Quotients that end a bit below the mantissa are ties.
TEST(HarnessDivide, Ties) {
  std::mt19937 random(2);
  for (int i = 0; i < 100000; ++i) {
    uint32_t scale = (random() % 200 + 27) << 23;
    uint32_t odd = 0x3f800000 | (random() & 0x7fffff);
    expectEqualToHardware(odd, scale);
    // The product of a short divisor and half a step more than a short quotient.
    float quotient = float(random() % 4096 + 4096) + 0.5f;
    float divisor = float(random() % 512 + 1);
    expectEqualToHardware(harness_float_bits(quotient * divisor * 0x1p-139f),
                          harness_float_bits(divisor));
  }
}

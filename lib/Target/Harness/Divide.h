/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Division of single precision in integers, for machines that have no instruction for it: rounded
 * to nearest, ties to even, subnormal numbers included. */
#ifndef QOPT_HARNESS_DIVIDE_H
#define QOPT_HARNESS_DIVIDE_H

#include <stdint.h>

static inline uint32_t harness_float_bits(float value) {
  union {
    float value;
    uint32_t bits;
  } both = {value};
  return both.bits;
}

static inline float harness_float_of(uint32_t bits) {
  union {
    uint32_t bits;
    float value;
  } both = {bits};
  return both.value;
}

/* The mantissa of finite bits without sign, brought to [2^23, 2^24), and its power of two. */
static inline uint32_t harness_mantissa(uint32_t bits, int32_t *exponent) {
  uint32_t mantissa = bits & 0x7fffff;
  *exponent = (int32_t)(bits >> 23);
  if (*exponent != 0)
    return mantissa | 0x800000;
  for (*exponent = 1; mantissa < 0x800000; mantissa <<= 1)
    --*exponent;
  return mantissa;
}

/* quotient·2^-26 with `sticky` below it, times 2^exponent (biased), to bits without sign. */
static inline uint32_t harness_round_quotient(uint32_t quotient, uint32_t sticky,
                                              int32_t exponent) {
  if (quotient < 1u << 26)
    quotient <<= 1, --exponent;
  /* Three bits below the mantissa; subnormal results keep fewer of the others. */
  int32_t drop = 3;
  if (exponent <= 0)
    drop += 1 - exponent;
  if (drop > 28)
    return 0;
  uint32_t kept = quotient >> drop, half = 1u << (drop - 1);
  uint32_t rest = (quotient & ((half << 1) - 1)) | sticky;
  kept += rest > half || (rest == half && (kept & 1));
  if (exponent > 0)
    kept += (uint32_t)(exponent - 1) << 23;
  return kept < 0x7f800000 ? kept : 0x7f800000;
}

/* dividend / divisor for a finite divisor above zero. */
static inline float harness_divide(float dividend, float divisor) {
  uint32_t bits = harness_float_bits(dividend), sign = bits & 0x80000000u;
  bits ^= sign;
  if (bits == 0 || bits >= 0x7f800000)
    return dividend;
  int32_t above, below;
  uint32_t rest = harness_mantissa(bits, &above);
  uint32_t mantissa = harness_mantissa(harness_float_bits(divisor), &below);
  uint32_t quotient = 0;
  for (int i = 0; i < 27; ++i) {
    quotient <<= 1;
    if (rest >= mantissa)
      rest -= mantissa, quotient |= 1;
    rest <<= 1;
  }
  return harness_float_of(sign | harness_round_quotient(quotient, rest != 0, above - below + 127));
}

#endif

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// `gemm` as the loops of a textbook, for main.c: what a compiler's own vectorizer makes of the
// product. Weights lie along K, or with -DBY_ROWS along N. FLIP 0x80: unsigned activations.
#include <stdint.h>

enum { SIZE = 512, ZERO = 3 + FLIP };
#if FLIP
typedef uint8_t activation;
#else
typedef int8_t activation;
#endif

static int8_t weights[SIZE * SIZE] __attribute__((aligned(128)));
static int32_t starts[SIZE] __attribute__((aligned(128)));

void prepare(void) {
  uint32_t state = 1; // the numbers of GemmProbe.cpp
  for (int n = 0; n < SIZE; ++n)
    for (int k = 0; k < SIZE; ++k) {
      state = state * 1664525u + 1013904223u;
      int8_t weight = (int8_t)((state >> 24) % 255 - 127);
#ifdef BY_ROWS
      weights[k * SIZE + n] = weight;
#else
      weights[n * SIZE + k] = weight;
#endif
      starts[n] -= ZERO * weight;
    }
}

void gemm(const activation *restrict activations, int32_t *restrict sums) {
#ifdef BY_ROWS
  for (int m = 0; m < SIZE; ++m) {
    for (int n = 0; n < SIZE; ++n)
      sums[m * SIZE + n] = starts[n];
    for (int k = 0; k < SIZE; ++k)
      for (int n = 0; n < SIZE; ++n)
        sums[m * SIZE + n] += activations[m * SIZE + k] * weights[k * SIZE + n];
  }
#else
  for (int m = 0; m < SIZE; ++m)
    for (int n = 0; n < SIZE; ++n) {
      int32_t sum = starts[n];
      for (int k = 0; k < SIZE; ++k)
        sum += activations[m * SIZE + k] * weights[n * SIZE + k];
      sums[m * SIZE + n] = sum;
    }
#endif
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs `gemm`, writes the sums to standard output and the cost to standard error. Hosted on x86 and
// Arm; freestanding on Hexagon, where no C library is at hand.
#include <stdint.h>

enum { SIZE = 512 };
void gemm(const void *activations, int32_t *sums);
__attribute__((weak)) void prepare(void) {} // plain.c has one

static uint8_t activations[SIZE * SIZE] __attribute__((aligned(128)));
static int32_t sums[SIZE * SIZE] __attribute__((aligned(128)));

static void fill(void) {
  uint32_t state = 2;
  for (int i = 0; i < SIZE * SIZE; ++i) {
    state = state * 1664525u + 1013904223u;
    activations[i] = (uint8_t)(state >> 24) ^ FLIP; // FLIP 0x80: unsigned at rest
  }
}

#ifdef __hexagon__

static long call(long number, long a, long b, long c) {
  register long r6 __asm__("r6") = number, r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b, r2 __asm__("r2") = c;
  __asm__ volatile("trap0(#1)" : "+r"(r0) : "r"(r6), "r"(r1), "r"(r2) : "memory");
  return r0;
}
void *memcpy(void *to, const void *from, __SIZE_TYPE__ n) {
  for (__SIZE_TYPE__ i = 0; i < n; ++i)
    ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}
void *memset(void *to, int value, __SIZE_TYPE__ n) {
  for (__SIZE_TYPE__ i = 0; i < n; ++i)
    ((volatile char *)to)[i] = (char)value;
  return to;
}
static uint32_t packets(void) {
  register uint32_t count __asm__("r0");
  __asm__ volatile(".word 0x6a14c000"
                   : "=r"(count)
                   :
                   : "memory"); // r0 = c20, unknown to the assembler
  return count;
}
static void report(uint32_t count) {
  char text[12];
  int n = 12;
  text[--n] = '\n';
  for (; count || n == 11; count /= 10)
    text[--n] = (char)('0' + count % 10);
  call(64, 2, (long)(text + n), 12 - n);
}
static void run(void) {
  fill();
  prepare();
  uint32_t before = packets();
  gemm(activations, sums);
  report(packets() - before);
  const char *next = (const char *)sums;
  for (long left = sizeof sums; left > 0;) {
    long written = call(64, 1, (long)next, left);
    if (written <= 0)
      break;
    next += written, left -= written;
  }
  call(94, 0, 0, 0);
}
__attribute__((naked)) void _start(void) {
  __asm__ volatile("r29 = and(r29, #-128)\n call run_main\n");
}
void run_main(void) { run(); }

#else

#include <stdio.h>
#include <time.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

#ifdef __AVX512VNNI__
#define DOT(i) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #i "\n"
/// GMAC/s of nothing but independent dots.
static double peak(void) {
  double best = 0;
  for (int round = 0; round < 40; ++round) {
    long count = 100000;
    double start = seconds();
    __asm__ volatile("1:\n" DOT(0) DOT(1) DOT(2) DOT(3) DOT(4) DOT(5) DOT(6) DOT(7) DOT(8) DOT(9)
                         DOT(10) DOT(11) DOT(12) DOT(13) DOT(14) DOT(15) "dec %0\njnz 1b\n"
                     : "+r"(count)
                     :
                     : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    double rate = 100000.0 * 16 * 64 / (seconds() - start) * 1e-9;
    best = rate > best ? rate : best;
  }
  return best;
}
#else
static double peak(void) { return 0; }
#endif

int main(void) {
  fill();
  prepare();
  double top = peak(), best = 1e9;
  for (int round = 0; round < ROUNDS; ++round) {
    double start = seconds();
    gemm(activations, sums);
    double taken = seconds() - start;
    best = taken < best ? taken : best;
  }
  if (top > 0)
    fprintf(stderr, "%.1f %.1f\n", (double)SIZE * SIZE * SIZE / best * 1e-9, top);
  return fwrite(sums, sizeof sums, 1, stdout) != 1;
}

#endif

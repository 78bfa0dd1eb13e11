/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 * Runs a compiled network once on made-up codes and prints the packets that each of its steps took,
 * in the order of the steps of its report, then a hash of the results. On Hexagon freestanding, the
 * counter is control register c20; elsewhere hosted, without counts, for the hash. */
#include NETWORK_HEADER
#include <stdint.h>

#define PASTE2(a, b) a##b
#define PASTE(a, b) PASTE2(a, b)
#define MODULE PASTE(NETWORK, _module)
#define RUN PASTE(NETWORK, _run_parallel)

enum { BUFFER = 1 << 25, MAX_STEPS = 1024 };
static uint8_t memory[BUFFER] __attribute__((aligned(128)));
static uint32_t counts[MAX_STEPS];
static uint32_t steps;

#ifdef __hexagon__
static long call(long number, long a, long b, long c) {
  register long r6 __asm__("r6") = number, r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b, r2 __asm__("r2") = c;
  __asm__ volatile("trap0(#1)" : "+r"(r0) : "r"(r6), "r"(r1), "r"(r2) : "memory");
  return r0;
}
static uint32_t packets(void) {
  register uint32_t count __asm__("r0");
  __asm__ volatile(".word 0x6a14c000" /* r0 = c20, unknown to the assembler */
                   : "=r"(count)
                   :
                   : "memory");
  return count;
}
static void print(const char *text, uint32_t length) { call(64, 1, (long)text, (long)length); }
#else
#include <stdio.h>
static uint32_t packets(void) { return 0; }
static void print(const char *text, uint32_t length) { fwrite(text, 1, length, stdout); }
#endif

static void print_number(uint32_t value) {
  char text[12];
  uint32_t n = sizeof text;
  text[--n] = '\n';
  do
    text[--n] = (char)('0' + value % 10);
  while (value /= 10);
  print(text + n, sizeof text - n);
}

/* A parallel-for of one task, which every step goes through. */
static void count_step(void *ctx, uint32_t n, qopt_task task, void *arg) {
  (void)ctx;
  uint32_t before = packets();
  for (uint32_t i = 0; i < n; ++i)
    task(arg, i);
  if (steps < MAX_STEPS)
    counts[steps++] = packets() - before;
}

static uint8_t *take(uint8_t **next, uint64_t bytes) {
  uint8_t *taken = *next;
  *next += (bytes + 127) / 128 * 128;
  return taken;
}

static int run(void) {
  const qopt_module *module = &MODULE;
  const void *inputs[16];
  void *outputs[16];
  uint8_t *next = memory;
  uint32_t state = 1, hash = 2166136261u;
  for (uint32_t i = 0; i < module->n_inputs; ++i) {
    uint8_t *codes = take(&next, module->inputs[i].bytes);
    for (uint32_t j = 0; j < (uint32_t)module->inputs[i].bytes; ++j) {
      state = state * 1664525u + 1013904223u;
      codes[j] = (uint8_t)(state >> 24);
    }
    inputs[i] = codes;
  }
  for (uint32_t i = 0; i < module->n_outputs; ++i)
    outputs[i] = take(&next, module->outputs[i].bytes);
  uint64_t bytes = module->workspace_fixed + module->workspace_per_task;
  uint8_t *workspace = take(&next, bytes);
  if (next > memory + BUFFER)
    return 2;
  int32_t code = RUN(inputs, outputs, workspace, bytes, 1, count_step, 0);
  for (uint32_t i = 0; i < steps; ++i)
    print_number(counts[i]);
  for (uint32_t i = 0; i < module->n_outputs; ++i)
    for (uint32_t j = 0; j < (uint32_t)module->outputs[i].bytes; ++j)
      hash = (hash ^ ((uint8_t *)outputs[i])[j]) * 16777619u;
  print("hash ", 5);
  print_number(hash);
  return (int)code;
}

#ifdef __hexagon__
void run_main(void) { call(94, run(), 0, 0); }
__attribute__((naked)) void _start(void) {
  __asm__ volatile("r29 = and(r29, #-128)\n call run_main\n");
}
/* The objects bring their own divisions; the driver's come from here. */
uint32_t __hexagon_udivsi3(uint32_t n, uint32_t d) {
  uint32_t q = 0;
  for (int bit = 31; bit >= 0; --bit)
    if ((n >> bit) >= d)
      n -= d << bit, q |= 1u << bit;
  return q;
}
uint32_t __hexagon_umodsi3(uint32_t n, uint32_t d) { return n - __hexagon_udivsi3(n, d) * d; }
void *memset(void *to, int value, __SIZE_TYPE__ n) {
  for (__SIZE_TYPE__ i = 0; i < n; ++i)
    ((volatile char *)to)[i] = (char)value;
  return to;
}
void *memcpy(void *to, const void *from, __SIZE_TYPE__ n) {
  for (__SIZE_TYPE__ i = 0; i < n; ++i)
    ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}
#else
int main(void) { return run(); }
#endif

/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* 64-bit Arm under Linux. */
#include "Machine.h"

enum { AT_HWCAP = 16, AT_HWCAP2 = 26 };

long machine_call(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = 0;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

/* The kernel's two words of capabilities. */
static uint64_t capabilities[2];

/* A relocation that asks a function which of several it stands for. */
typedef struct {
  uint64_t *slot;
  uint64_t info;
  uint64_t (*resolve)(uint64_t first, const uint64_t *all);
} indirection;
extern const indirection __rela_iplt_start[] __attribute__((weak, visibility("hidden")));
extern const indirection __rela_iplt_end[] __attribute__((weak, visibility("hidden")));

/* Resolvers get the capabilities as GNU's loader hands them over. */
static void resolve_indirections(void) {
  const uint64_t more = UINT64_C(1) << 62;
  const uint64_t all[3] = {sizeof all, capabilities[0], capabilities[1]};
  for (const indirection *next = __rela_iplt_start; next < __rela_iplt_end; ++next)
    *next->slot = next->resolve(capabilities[0] | more, all);
}

void machine_prepare(const uintptr_t *auxiliary) {
  for (; auxiliary[0]; auxiliary += 2) {
    if (auxiliary[0] == AT_HWCAP)
      capabilities[0] = auxiliary[1];
    if (auxiliary[0] == AT_HWCAP2)
      capabilities[1] = auxiliary[1];
  }
  resolve_indirections();
}

/* LLVM's names of what the rows use, and the bits of Linux for them. */
int machine_has_feature(const char *name, size_t length) {
  static const struct {
    const char *name;
    int word, bit;
  } known[] = {{"fp-armv8", 0, 0}, {"neon", 0, 1}, {"dotprod", 0, 20}, {"i8mm", 1, 13}};
  for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
    size_t same = 0;
    while (same < length && known[i].name[same] == name[same])
      ++same;
    if (same == length && !known[i].name[same])
      return (capabilities[known[i].word] >> known[i].bit) & 1;
  }
  return 0;
}

int machine_counts_packets(void) { return 0; }
uint32_t machine_packets(void) { return 0; }

__attribute__((naked)) void _start(void) {
  __asm__ volatile("mov x29, #0\n"
                   "mov x30, #0\n"
                   "mov x0, sp\n"
                   "and sp, x0, #-16\n"
                   "b harness_start\n");
}

/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The DSP under Linux, as qemu emulates it. */
#include "Machine.h"

long machine_call(long number, long a, long b, long c, long d, long e) {
  register long r6 __asm__("r6") = number, r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b, r2 __asm__("r2") = c;
  register long r3 __asm__("r3") = d, r4 __asm__("r4") = e, r5 __asm__("r5") = 0;
  __asm__ volatile("trap0(#1)"
                   : "+r"(r0)
                   : "r"(r6), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
                   : "memory");
  return r0;
}

/* Linux tells no features of this machine: its ELF flags decide whether it loads the program. */
int machine_has_feature(const char *name, size_t length) { return 1; }
void machine_prepare(const uintptr_t *auxiliary) {}

int machine_counts_packets(void) { return 1; }

uint32_t machine_packets(void) {
  register uint32_t count __asm__("r0");
  __asm__ volatile(".word 0x6a14c000" /* r0 = c20, which the assembler has no name for */
                   : "=r"(count)
                   :
                   : "memory");
  return count;
}

__attribute__((naked)) void _start(void) {
  __asm__ volatile("r0 = r29\n"
                   "r29 = and(r29, #-128)\n"
                   "call harness_start\n");
}

/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What the harness needs of a machine and its Linux kernel; one file for each machine. */
#ifndef QOPT_HARNESS_MACHINE_H
#define QOPT_HARNESS_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* A system call with five arguments, the sixth is zero. */
long machine_call(long number, long a, long b, long c, long d, long e);

/* Descriptors, counts of bytes and addresses; negative: the kernel's error code. */
long machine_open_input(const char *path);
long machine_open_output(const char *path);
long machine_read(long file, void *to, size_t bytes);
long machine_write(long file, const void *from, size_t bytes);
long machine_close(long file);
/* Zeroed memory that stays, aligned to a page; null if there is none. */
void *machine_map(size_t bytes);
_Noreturn void machine_exit(int status);

/* Whether this CPU has the LLVM feature called `name`, of `length` characters. */
int machine_has_feature(const char *name, size_t length);

/* Whether the machine counts the packets that it executes, and how many so far, modulo 2^32. */
int machine_counts_packets(void);
uint32_t machine_packets(void);

/* Where the machine's start code goes: the words that the kernel left on the stack. */
_Noreturn void harness_start(const uintptr_t *stack);
/* The same, of the values after the environment; called before any feature is asked for. */
void machine_prepare(const uintptr_t *auxiliary);

#endif

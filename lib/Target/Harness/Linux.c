/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* System calls of Linux; the numbers are those that all newer machines share. */
#include "Machine.h"

enum { OPENAT = 56, CLOSE = 57, READ = 63, WRITE = 64, EXIT_GROUP = 94, MMAP = 222 };
enum { AT_FDCWD = -100, FOR_WRITING = 01 | 0100 | 01000, READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };

long machine_open_input(const char *path) {
  return machine_call(OPENAT, AT_FDCWD, (long)path, 0, 0, 0);
}

long machine_open_output(const char *path) {
  return machine_call(OPENAT, AT_FDCWD, (long)path, FOR_WRITING, 0666, 0);
}

long machine_read(long file, void *to, size_t bytes) {
  return machine_call(READ, file, (long)to, (long)bytes, 0, 0);
}

long machine_write(long file, const void *from, size_t bytes) {
  return machine_call(WRITE, file, (long)from, (long)bytes, 0, 0);
}

long machine_close(long file) { return machine_call(CLOSE, file, 0, 0, 0, 0); }

void *machine_map(size_t bytes) {
  long address = machine_call(MMAP, 0, (long)bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1);
  return address < 0 && address > -4096 ? 0 : (void *)address;
}

_Noreturn void machine_exit(int status) {
  for (;;)
    machine_call(EXIT_GROUP, status, 0, 0, 0, 0);
}

/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What compilers take for granted of any program. Compiled with -fno-builtin, so that the loops do
 * not become calls of themselves. */
#include <stddef.h>

void *memmove(void *to, const void *from, size_t bytes) {
  char *target = to;
  const char *source = from;
  if (target < source)
    for (size_t i = 0; i < bytes; ++i)
      target[i] = source[i];
  else
    for (size_t i = bytes; i > 0; --i)
      target[i - 1] = source[i - 1];
  return to;
}

void *memcpy(void *to, const void *from, size_t bytes) { return memmove(to, from, bytes); }

void *memset(void *to, int value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i)
    ((char *)to)[i] = (char)value;
  return to;
}

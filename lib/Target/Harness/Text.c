/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Sentences, and the description of the networks. */
#include "Harness.h"

#include <stdarg.h>

enum { OUTPUT = 1, ERRORS = 2 };

static char kept[4096];
static size_t kept_bytes;

static size_t text_length(const char *text) {
  size_t length = 0;
  while (text[length])
    ++length;
  return length;
}

static void write_all(long file, const char *bytes, size_t count) {
  while (count > 0) {
    long written = machine_write(file, bytes, count);
    if (written <= 0)
      return; /* there is nowhere left to say so */
    bytes += written;
    count -= (size_t)written;
  }
}

void harness_flush(void) {
  write_all(OUTPUT, kept, kept_bytes);
  kept_bytes = 0;
}

void harness_print(const char *text) {
  for (; *text; ++text) {
    if (kept_bytes == sizeof kept)
      harness_flush();
    kept[kept_bytes++] = *text;
  }
}

/* By subtraction: a 64-bit division would be a call on 32-bit machines. */
void harness_print_number(uint64_t value) {
  uint64_t powers[20] = {1};
  int last = 0;
  while (last < 19 && powers[last] * 10 <= value) {
    powers[last + 1] = powers[last] * 10;
    ++last;
  }
  for (; last >= 0; --last) {
    char digit[2] = "0";
    for (; value >= powers[last]; value -= powers[last])
      ++digit[0];
    harness_print(digit);
  }
}

void harness_fail(const char *part, ...) {
  harness_flush();
  va_list parts;
  va_start(parts, part);
  for (; part; part = va_arg(parts, const char *))
    write_all(ERRORS, part, text_length(part));
  va_end(parts);
  write_all(ERRORS, "\n", 1);
  machine_exit(1);
}

static const char *type_name(uint32_t dtype) {
  static const char *const names[] = {"?", "f32", "i8", "u8", "i16", "i32", "i64"};
  return dtype < sizeof names / sizeof *names ? names[dtype] : names[0];
}

/* "input i8 1x28x28x1 NAME": the name comes last, it may hold spaces. */
static void describe_tensors(const char *what, const qopt_tensor *tensors, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    harness_print(what);
    harness_print(type_name(tensors[i].dtype));
    for (uint32_t axis = 0; axis < tensors[i].rank; ++axis) {
      harness_print(axis == 0 ? " " : "x");
      harness_print_number((uint64_t)tensors[i].dims[axis]);
    }
    harness_print(" ");
    harness_print(tensors[i].name);
    harness_print("\n");
  }
}

void harness_describe(void) {
  harness_print("qopt-harness 1\n");
  for (uint32_t i = 0; i < qopt_harness_count; ++i) {
    const qopt_module *module = qopt_harness_networks[i].module;
    const char *const words[] = {"network ",    module->name,     "\ntarget ", module->target,
                                 "\nfeatures ", module->features, "\n"};
    for (size_t word = 0; word < sizeof words / sizeof *words; ++word)
      harness_print(words[word]);
    describe_tensors("input ", module->inputs, module->n_inputs);
    describe_tensors("output ", module->outputs, module->n_outputs);
  }
  harness_flush();
}

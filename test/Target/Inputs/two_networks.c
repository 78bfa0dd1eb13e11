/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Two compiled networks in one program: every rule of the ABI that a caller can see. */
#include "first.h"
#include "second.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      printf("line %d: %s\n", __LINE__, #condition);                                               \
      ++failures;                                                                                  \
    }                                                                                              \
  } while (0)

/* All buffers lie in one block, one byte off any alignment where their type allows it. */
static _Alignas(64) uint8_t memory[1 << 16];
static unsigned parallel_calls;

/* The tasks of a step in reverse order: any order is legal. */
static void backwards(void *ctx, uint32_t n, qopt_task task, void *arg) {
  ++parallel_calls;
  CHECK(ctx == &parallel_calls && n >= 1 && n <= 3);
  while (n-- > 0)
    task(arg, n);
}

static void check_descriptors(void) {
  const qopt_module *m = &first_module;
  CHECK(m->magic == QOPT_MAGIC && m->abi == QOPT_ABI && m->size == sizeof *m);
  CHECK(m->contract == QOPT_FP32 && strcmp(m->name, "first") == 0);
  CHECK(m->n_inputs == 2 && m->n_outputs == 2 && m->workspace_align == 64);
  const qopt_tensor *t = &m->inputs[1];
  CHECK(t->size == sizeof *t && t->dtype == QOPT_I8 && t->rank == 2 && t->layout == QOPT_AS_MODEL);
  CHECK(strcmp(t->name, "b") == 0 && t->dims[0] == 2 && t->dims[1] == 5 && t->bytes == 10);
  CHECK(t->axis == -1 && t->nparams == 1 && t->scale[0] == 0.5f && t->zero_point[0] == 3);
  t = &m->outputs[1];
  CHECK(strcmp(t->name, "real") == 0 && t->dtype == QOPT_F32 && t->bytes == 40);
  CHECK(t->nparams == 0 && t->scale == 0 && t->zero_point == 0);
  CHECK(second_module.inputs[0].bytes == 24 * 24 * 4 * 4);
  CHECK(second_module.workspace_fixed == SECOND_WORKSPACE_BYTES(0));
}

/* q = 3 + codes: 0.5 * (a - 3) + 0.5 * (b - 3) over 0.5, plus 3. */
static void check_first(void) {
  int8_t *a = (int8_t *)memory + 1, *sum = (int8_t *)memory + 101;
  float *real = (float *)(memory + 204);
  memset(memory, 0x7f, 512);
  for (int i = 0; i < 10; ++i)
    a[i] = (int8_t)(20 * i - 100);
  const void *inputs[] = {a, a}; /* inputs may be one buffer */
  void *outputs[] = {sum, real};
  CHECK(first_run(inputs, outputs, memory + 1024, FIRST_WORKSPACE_BYTES(1)) == QOPT_OK);
  for (int i = 0; i < 10; ++i) {
    int expected = 2 * a[i] - 3;
    expected = expected > 127 ? 127 : expected < -128 ? -128 : expected;
    CHECK(sum[i] == expected && real[i] == 0.5f * (float)(a[i] - 3));
  }
  CHECK(memory[100] == 0x7f && memory[111] == 0x7f && memory[203] == 0x7f && memory[244] == 0x7f);
}

static void check_errors_of_first(void) {
  int8_t *a = (int8_t *)memory, *sum = (int8_t *)memory + 100;
  float *real = (float *)(memory + 200);
  void *workspace = memory + 1024;
  uint64_t bytes = FIRST_WORKSPACE_BYTES(1) + 64;
  memset(memory, 0x33, 2048);
  const void *inputs[] = {a, a + 10};
  void *outputs[] = {sum, real};
  const void *no_input[] = {a, 0};
  void *no_output[] = {0, real};
  CHECK(first_run(0, outputs, workspace, bytes) == QOPT_NULL_POINTER);
  CHECK(first_run(inputs, 0, workspace, bytes) == QOPT_NULL_POINTER);
  CHECK(first_run(no_input, outputs, workspace, bytes) == QOPT_NULL_POINTER);
  CHECK(first_run(inputs, no_output, workspace, bytes) == QOPT_NULL_POINTER);
  void *on_input[] = {a + 19, real}, *on_output[] = {(int8_t *)real + 39, real};
  void *beside[] = {a + 20, real};
  CHECK(first_run(inputs, on_input, workspace, bytes) == QOPT_OVERLAP);
  CHECK(first_run(inputs, on_output, workspace, bytes) == QOPT_OVERLAP);
  for (int i = 0; i < 2048; ++i)
    CHECK(memory[i] == 0x33); /* nothing was written so far */
  CHECK(first_run(inputs, beside, workspace, bytes) == QOPT_OK);
}

static void check_errors_of_second(void) {
  static float x[24 * 24 * 4], y[24 * 24];
  const void *inputs[] = {x};
  void *outputs[] = {y};
  uint64_t bytes = SECOND_WORKSPACE_BYTES(2);
  CHECK(second_run(inputs, outputs, memory + 32, bytes) == QOPT_BAD_WORKSPACE);
  CHECK(second_run(inputs, outputs, memory, SECOND_WORKSPACE_BYTES(1) - 1) == QOPT_BAD_WORKSPACE);
  CHECK(second_run(inputs, outputs, 0, bytes) == QOPT_NULL_POINTER);
  void *in_workspace[] = {memory + 64};
  const void *from_workspace[] = {memory + 64};
  CHECK(second_run(inputs, in_workspace, memory, bytes) == QOPT_OVERLAP);
  CHECK(second_run(from_workspace, outputs, memory, bytes) == QOPT_OVERLAP);
  CHECK(second_run_parallel(inputs, outputs, memory, bytes, 0, 0, 0) == QOPT_BAD_CALL);
  CHECK(second_run_parallel(inputs, outputs, memory, bytes, 2, 0, 0) == QOPT_BAD_CALL);
  uint32_t too_many = second_module.max_tasks + 1;
  CHECK(second_run_parallel(inputs, outputs, memory, bytes, too_many, backwards,
                            &parallel_calls) == QOPT_BAD_CALL);

  qopt_call call = {sizeof call, 0, inputs, outputs, memory, bytes, 1, 0, 0};
  CHECK(second_module.run(&call) == QOPT_OK);
  call.size += 8; /* a later version's call: its first members are ours */
  CHECK(second_module.run(&call) == QOPT_OK);
  call.size = sizeof call - 4;
  CHECK(second_module.run(&call) == QOPT_BAD_CALL);
  call.size = sizeof call, call.flags = 1;
  CHECK(second_module.run(&call) == QOPT_BAD_CALL);
  CHECK(second_module.run(0) == QOPT_NULL_POINTER);
}

/* Every input pixel is 4 codes of 2, every weight 2 * 0.125: a tap is worth 4 * 1 * 0.25 = 1. */
static void check_second(void) {
  static float x[24 * 24 * 4], y[24 * 24], z[24 * 24];
  for (int i = 0; i < 24 * 24 * 4; ++i)
    x[i] = 1.0f;
  const void *inputs[] = {x};
  void *serial[] = {y}, *parallel[] = {z};
  memset(memory, 0xff, sizeof memory);
  CHECK(second_run(inputs, serial, memory, SECOND_WORKSPACE_BYTES(1)) == QOPT_OK);
  CHECK(second_run_parallel(inputs, parallel, memory, SECOND_WORKSPACE_BYTES(3), 3, backwards,
                            &parallel_calls) == QOPT_OK);
  CHECK(parallel_calls > 0 && memcmp(y, z, sizeof y) == 0);
  for (int row = 0; row < 24; ++row)
    for (int column = 0; column < 24; ++column) {
      int taps = (3 - (row == 0 || row == 23)) * (3 - (column == 0 || column == 23));
      CHECK(y[24 * row + column] == (float)taps);
    }
}

int main(void) {
  check_descriptors();
  check_first();
  check_errors_of_first();
  check_errors_of_second();
  check_second();
  if (failures == 0)
    printf("both networks behave\n");
  return failures != 0;
}

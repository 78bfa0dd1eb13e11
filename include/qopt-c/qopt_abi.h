/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The C ABI of networks compiled by qopt. Freestanding: needs nothing but <stdint.h>.
 *
 * A compiled network NAME defines the data object NAME_module and the functions NAME_run and
 * NAME_run_parallel (NAME.h declares them); a shared library exports the object as qopt_module_v1
 * too. A loader checks magic, abi and features before it runs anything. The caller owns all
 * buffers; inputs and outputs need the alignment of their type only, the content of the workspace
 * need not survive. Concurrent runs with separate workspaces are legal, and the result is the same
 * for any number of tasks. Round-to-nearest and denormals on are the caller's duty. */
#ifndef QOPT_ABI_H
#define QOPT_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QOPT_ABI 1
#define QOPT_MAGIC 0x54504f51u /* "QOPT" */

enum { QOPT_F32 = 1, QOPT_I8 = 2, QOPT_U8 = 3, QOPT_I16 = 4, QOPT_I32 = 5, QOPT_I64 = 6 }; /* dtype */
enum { QOPT_AS_MODEL = 0, QOPT_NHWC = 1 };                                             /* layout */
enum { QOPT_FP32 = 1, QOPT_FIXED = 2, QOPT_FIXED_DOUBLE = 3, QOPT_POWER_OF_TWO = 4 }; /* contract */

/* What run returns. On an error nothing was written. */
enum {
  QOPT_OK = 0,
  QOPT_BAD_CALL = 1,      /* size smaller than known, flags, tasks 0 or above max_tasks, tasks > 1
                             without par */
  QOPT_BAD_WORKSPACE = 2, /* misaligned, or smaller than workspace_fixed + tasks * per_task */
  QOPT_NULL_POINTER = 3,
  QOPT_OVERLAP = 4 /* outputs, inputs, workspace */
};

typedef void (*qopt_task)(void *arg, uint32_t index);

/* Runs task(arg, i) once for each i < n, in any order, on any threads, and returns when all are
 * done and their writes visible. Serial is legal. Called from the thread of run only, never from a
 * task, any number of times in one run; a task never waits for another. */
typedef void (*qopt_parallel_for)(void *ctx, uint32_t n, qopt_task task, void *arg);

typedef struct {
  uint32_t size, dtype, rank, layout; /* size of this struct */
  const char *name;
  const int64_t *dims;
  uint64_t bytes;
  int32_t axis;     /* -1: one parameter; else dims[axis] of them */
  uint32_t nparams; /* 0 for float */
  const float *scale;
  const int32_t *zero_point;
} qopt_tensor;

typedef struct {
  uint32_t size, flags; /* size of this struct; flags 0 */
  const void *const *inputs;
  void *const *outputs;
  void *workspace;
  uint64_t workspace_bytes;
  uint32_t tasks; /* 1, and par null: serial */
  qopt_parallel_for par;
  void *par_ctx;
} qopt_call;

typedef struct {
  uint32_t magic, abi, size, contract;
  const char *name, *target, *features, *compiler; /* features a CPU must have, comma separated */
  uint32_t n_inputs, n_outputs;
  const qopt_tensor *inputs, *outputs;
  uint32_t workspace_align, max_tasks;
  uint64_t workspace_fixed, workspace_per_task;
  int32_t (*run)(const qopt_call *);
} qopt_module;

#ifdef __cplusplus
#define QOPT_STATIC_ASSERT(condition) static_assert(condition, #condition)
#else
#define QOPT_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#endif
QOPT_STATIC_ASSERT(sizeof(qopt_tensor) == (sizeof(void *) == 8 ? 64 : 48));
QOPT_STATIC_ASSERT(sizeof(qopt_call) == (sizeof(void *) == 8 ? 64 : 48));
QOPT_STATIC_ASSERT(sizeof(qopt_module) == (sizeof(void *) == 8 ? 104 : 80));
#undef QOPT_STATIC_ASSERT

#ifdef __cplusplus
}
#endif

#endif /* QOPT_ABI_H */

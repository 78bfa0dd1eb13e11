/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs a compiled network on OpenMP's threads: run_tasks() is all that it takes.
 * Random inputs, one to four tasks; the outputs must be the bytes of a serial run.
 *
 *   qopt-compile NAME.onnx --calibrate=images.npy -o out
 *   gcc -O2 -fopenmp -I out -DNETWORK=NAME_module docs/examples/openmp.c out/NAME.o -o program
 */
#include "qopt_abi.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TASKS = 4 };

extern const qopt_module NETWORK;

/* What the callback is handed besides its tasks: here it only notes how many there were. */
struct pool {
  uint32_t threads;
  uint32_t most_tasks;
};

/* The callback of the ABI. The barrier at the end of the loop makes all writes visible. */
static void run_tasks(void *ctx, uint32_t n, qopt_task task, void *arg) {
  struct pool *pool = ctx;
  if (n > pool->most_tasks)
    pool->most_tasks = n;
#pragma omp parallel for num_threads(pool->threads) schedule(static, 1)
  for (uint32_t i = 0; i < n; ++i)
    task(arg, i);
}

static void *allocate(uint64_t alignment, uint64_t bytes) {
  void *memory = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory) {
    fprintf(stderr, "out of memory\n");
    exit(1);
  }
  return memory;
}

/* Buffers for the tensors of one side of the network. */
static void **allocate_tensors(const qopt_tensor *tensors, uint32_t count) {
  void **buffers = allocate(sizeof(void *), count * sizeof(void *));
  for (uint32_t i = 0; i < count; ++i)
    buffers[i] = allocate(64, tensors[i].bytes);
  return buffers;
}

static void fill(const qopt_tensor *tensor, void *buffer) {
  uint32_t state = 1;
  for (uint64_t i = 0; i < tensor->bytes / (tensor->dtype == QOPT_F32 ? 4 : 1); ++i) {
    state = state * 1664525u + 1013904223u;
    if (tensor->dtype == QOPT_F32)
      ((float *)buffer)[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    else
      ((uint8_t *)buffer)[i] = (uint8_t)(state >> 24);
  }
}

int main(void) {
  const qopt_module *network = &NETWORK;
  void **inputs = allocate_tensors(network->inputs, network->n_inputs);
  void **serial = allocate_tensors(network->outputs, network->n_outputs);
  void **outputs = allocate_tensors(network->outputs, network->n_outputs);
  for (uint32_t i = 0; i < network->n_inputs; ++i)
    fill(&network->inputs[i], inputs[i]);

  uint32_t most = network->max_tasks < MOST_TASKS ? network->max_tasks : MOST_TASKS;
  uint64_t bytes = network->workspace_fixed + most * network->workspace_per_task;
  struct pool pool = {0, 0};
  qopt_call call = {sizeof call, 0, (const void *const *)inputs, serial, 0, bytes, 1, 0, 0};
  call.workspace = allocate(network->workspace_align, bytes);
  if (network->run(&call) != QOPT_OK)
    return 1;

  call.outputs = outputs, call.par = run_tasks, call.par_ctx = &pool;
  int differences = 0;
  for (uint32_t tasks = 1; tasks <= most; ++tasks) {
    pool = (struct pool){tasks, 0}, call.tasks = tasks;
    if (network->run(&call) != QOPT_OK)
      return 1;
    int same = 1;
    for (uint32_t i = 0; i < network->n_outputs; ++i)
      same = same && memcmp(serial[i], outputs[i], network->outputs[i].bytes) == 0;
    printf("tasks: %u, shared by at most %u: %s\n", tasks, pool.most_tasks,
           same ? "same bytes" : "different bytes");
    differences += !same;
  }
  return differences != 0;
}

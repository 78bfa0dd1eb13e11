/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The networks of an executable, as the linker's user gives them, and what the parts of the harness
 * know of each other. */
#ifndef QOPT_HARNESS_HARNESS_H
#define QOPT_HARNESS_HARNESS_H

#include "Machine.h"
#include "qopt-c/qopt_abi.h"

/* Least and greatest code of a quantized tensor, which descriptors do not tell. */
typedef struct {
  int32_t low, high;
} harness_bounds;

typedef struct {
  const qopt_module *module;
  const harness_bounds *bounds; /* of the inputs, in order; null: those of their types */
} harness_network;

/* Made by qopt for each executable. */
extern const harness_network qopt_harness_networks[];
extern const uint32_t qopt_harness_count;

/* What the command line asks of one network. */
typedef struct {
  const harness_network *network;
  int codes;          /* files hold the network's own types; else f32 in place of quantized ones */
  uint32_t tasks;     /* handed to run one after the other */
  uint32_t repeat;    /* runs of each sample */
  int count;          /* print the packets that runs take */
  int count_steps;    /* the same for each step */
  char *const *files; /* inputs, then outputs */
} harness_job;

/* Text on standard error, null-terminated list; ends the program with status 1. */
_Noreturn void harness_fail(const char *part, ...);
/* Text on standard output, kept back until harness_flush. */
void harness_print(const char *text);
void harness_print_number(uint64_t value);
void harness_flush(void);

/* Every network's name, types and shapes on standard output. */
void harness_describe(void);
/* Fails if this machine cannot run the network. */
void harness_check(const qopt_module *module);
/* Runs a network on all samples of its input files. */
void harness_run(const harness_job *job);

/* Whether files hold f32 where the tensor holds codes. */
int harness_converts(const qopt_tensor *tensor, const harness_job *job);
uint64_t harness_elements(const qopt_tensor *tensor);
void harness_quantize(const qopt_tensor *tensor, const harness_bounds *bounds, const float *values,
                      int8_t *codes);
void harness_dequantize(const qopt_tensor *tensor, const int8_t *codes, float *values);

#endif

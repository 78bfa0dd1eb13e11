/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The command line of an executable:
 *   NAME.elf --describe
 *   NAME.elf [options] INPUT... OUTPUT... [-- [options] INPUT... OUTPUT...]...
 * Files hold raw elements; as many runs follow as there are samples. */
#include "Harness.h"

static const char kUsage[] =
    "[--network=I] [--codes] [--tasks=N] [--repeat=N] [--packets] [--step-packets] "
    "INPUT... OUTPUT... [-- ...], or --describe";

/* What follows `prefix`, or null where the argument does not begin with it. */
static const char *after(const char *argument, const char *prefix) {
  while (*prefix)
    if (*argument++ != *prefix++)
      return 0;
  return argument;
}

static int equal(const char *left, const char *right) {
  const char *rest = after(left, right);
  return rest && !*rest;
}

/* A number from `least` to 99,999,999. */
static uint32_t parse_number(const char *argument, const char *text, uint32_t least) {
  uint32_t value = 0;
  int digits = 0;
  for (; text[digits] >= '0' && text[digits] <= '9' && digits < 9; ++digits)
    value = value * 10 + (uint32_t)(text[digits] - '0');
  if (digits == 0 || digits == 9 || text[digits] || value < least)
    harness_fail(argument, ": is no number that fits", (const char *)0);
  return value;
}

/* Reads one option into the job. */
static void parse_option(const char *argument, harness_job *job) {
  const char *value;
  if ((value = after(argument, "--network="))) {
    uint32_t index = parse_number(argument, value, 0);
    if (index >= qopt_harness_count)
      harness_fail(argument, ": there are not so many networks", (const char *)0);
    job->network = &qopt_harness_networks[index];
  } else if ((value = after(argument, "--tasks="))) {
    job->tasks = parse_number(argument, value, 1);
  } else if ((value = after(argument, "--repeat="))) {
    job->repeat = parse_number(argument, value, 1);
  } else if (equal(argument, "--codes")) {
    job->codes = 1;
  } else if (equal(argument, "--packets")) {
    job->count = 1;
  } else if (equal(argument, "--step-packets")) {
    job->count_steps = 1;
  } else {
    harness_fail(argument, ": unknown option; usage: ", kUsage, (const char *)0);
  }
}

/* Runs the job that begins at `arguments`; returns how many of them it took. */
static int run_job(char *const *arguments, int count) {
  harness_job job = {.network = qopt_harness_networks, .tasks = 1, .repeat = 1};
  int taken = 0;
  for (; taken < count && after(arguments[taken], "--"); ++taken)
    parse_option(arguments[taken], &job);
  const qopt_module *module = job.network->module;
  harness_check(module);
  if (job.tasks > module->max_tasks)
    harness_fail("--tasks: more than the network was compiled for", (const char *)0);
  if ((job.count || job.count_steps) && !machine_counts_packets())
    harness_fail("--packets: this machine does not count packets", (const char *)0);
  job.files = arguments + taken;
  for (uint32_t i = 0; i < module->n_inputs + module->n_outputs; ++i)
    if (taken == count || after(arguments[taken++], "--"))
      harness_fail("expected ", kUsage, (const char *)0);
  harness_run(&job);
  if (taken < count && !equal(arguments[taken++], "--"))
    harness_fail(arguments[taken - 1], ": one file too many; usage: ", kUsage, (const char *)0);
  return taken;
}

void harness_check(const qopt_module *module) {
  if (module->magic != QOPT_MAGIC || module->abi != QOPT_ABI || module->size < sizeof *module)
    harness_fail("the network has another ABI than this program; link it again", (const char *)0);
  for (const char *feature = module->features; *feature;) {
    size_t length = 0;
    while (feature[length] && feature[length] != ',')
      ++length;
    if (!machine_has_feature(feature, length))
      harness_fail(module->name, ": needs the features '", module->features,
                   "', and this CPU lacks some; compile it with another --target", (const char *)0);
    feature += length + (feature[length] == ',');
  }
}

_Noreturn void harness_start(const uintptr_t *stack) {
  int count = (int)stack[0];
  char *const *arguments = (char *const *)(stack + 1);
  const uintptr_t *auxiliary = stack + count + 2;
  while (*auxiliary++)
    ; /* the environment */
  machine_prepare(auxiliary);
  if (count == 2 && equal(arguments[1], "--describe")) {
    harness_describe();
    machine_exit(0);
  }
  if (count < 2)
    harness_fail(arguments[0], ": usage: ", kUsage, (const char *)0);
  for (int next = 1; next < count;)
    next += run_job(arguments + next, count - next);
  machine_exit(0);
}

/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* One network over all samples of its files: raw elements, sample after sample. */
#include "Harness.h"

enum { ALIGNMENT = 128, MOST_STEPS = 4096 };

/* One input or output. */
typedef struct {
  const qopt_tensor *tensor;
  const char *path;
  long file;
  int converts;
  char *samples;     /* as in the file */
  char *codes;       /* as the network wants them; the same bytes where nothing is converted */
  size_t file_bytes; /* of one call */
} port;

/* Packets by step, in the order of the program; filled by the parallel-for. */
typedef struct {
  uint32_t step;
  int counting;
  uint64_t packets[MOST_STEPS];
} step_counts;

static step_counts steps;

static void *allocate(uint64_t bytes) {
  /* Addresses of 32-bit machines end at 4 GiB. */
  void *memory = bytes < SIZE_MAX - 4096 ? machine_map((size_t)bytes + 1) : 0;
  if (!memory)
    harness_fail("no memory for samples and workspace", (const char *)0);
  return memory;
}

/* Serial, as the ABI allows; every step of a program comes through here once. */
static void run_tasks(void *context, uint32_t count, qopt_task task, void *argument) {
  step_counts *counts = context;
  uint32_t before = machine_packets();
  for (uint32_t i = 0; i < count; ++i)
    task(argument, i);
  if (counts->counting && counts->step < MOST_STEPS)
    counts->packets[counts->step++] += machine_packets() - before;
}

static void open_port(port *port, const qopt_tensor *tensor, const harness_job *job,
                      const char *path, int is_output) {
  port->tensor = tensor;
  port->path = path;
  port->converts = harness_converts(tensor, job);
  if (port->converts && tensor->nparams != 1)
    harness_fail(path, ": '", tensor->name, "' has several scales; give codes with --codes",
                 (const char *)0);
  uint64_t bytes = port->converts ? harness_elements(tensor) * sizeof(float) : tensor->bytes;
  port->samples = allocate(bytes);
  port->file_bytes = (size_t)bytes;
  port->codes = port->converts ? allocate(tensor->bytes) : port->samples;
  port->file = is_output ? machine_open_output(path) : machine_open_input(path);
  if (port->file < 0)
    harness_fail(path, is_output ? ": cannot be written" : ": cannot be read", (const char *)0);
}

/* Bytes read, fewer than one call takes only where the file ends. */
static size_t read_sample(const port *port) {
  size_t done = 0;
  while (done < port->file_bytes) {
    long count = machine_read(port->file, port->samples + done, port->file_bytes - done);
    if (count < 0)
      harness_fail(port->path, ": cannot be read", (const char *)0);
    if (count == 0)
      break;
    done += (size_t)count;
  }
  return done;
}

/* Whether there was another sample. */
static int read_inputs(port *ports, uint32_t count, const harness_bounds *bounds) {
  for (uint32_t i = 0; i < count; ++i) {
    size_t bytes = read_sample(&ports[i]);
    int ended = bytes == 0 && ports[i].file_bytes != 0;
    if (ended && i == 0 && count == 1)
      return 0;
    if (ended && i == 0) {
      for (uint32_t other = 1; other < count; ++other)
        if (read_sample(&ports[other]) != 0)
          harness_fail(ports[other].path, ": holds more samples than ", ports[0].path,
                       (const char *)0);
      return 0;
    }
    if (bytes < ports[i].file_bytes)
      harness_fail(ports[i].path, ": ends inside a sample", (const char *)0);
    if (ports[i].converts)
      harness_quantize(ports[i].tensor, bounds ? &bounds[i] : 0, (const float *)ports[i].samples,
                       (int8_t *)ports[i].codes);
  }
  return 1;
}

static void write_outputs(const port *ports, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (ports[i].converts)
      harness_dequantize(ports[i].tensor, (const int8_t *)ports[i].codes,
                         (float *)ports[i].samples);
    for (size_t done = 0; done < ports[i].file_bytes;) {
      long written =
          machine_write(ports[i].file, ports[i].samples + done, ports[i].file_bytes - done);
      if (written <= 0)
        harness_fail(ports[i].path, ": cannot be written", (const char *)0);
      done += (size_t)written;
    }
  }
}

/* Packets of all repetitions. */
static uint64_t run_once(const qopt_module *module, const qopt_call *call, uint32_t repeat) {
  uint64_t packets = 0;
  for (uint32_t i = 0; i < repeat; ++i) {
    steps.step = 0;
    uint32_t before = machine_packets();
    int32_t code = module->run(call);
    packets += machine_packets() - before;
    if (code != QOPT_OK) {
      const char digit[] = {(char)('0' + code % 10), 0};
      harness_fail(module->name, ": run returns the error code ", digit, (const char *)0);
    }
  }
  return packets;
}

static void print_counts(const harness_job *job, uint64_t packets, uint64_t runs) {
  if (!job->count && !job->count_steps)
    return;
  harness_print("runs ");
  harness_print_number(runs);
  harness_print("\npackets ");
  harness_print_number(packets);
  harness_print("\n");
  for (uint32_t i = 0; job->count_steps && i < steps.step; ++i) {
    harness_print("step ");
    harness_print_number(steps.packets[i]);
    harness_print("\n");
  }
  harness_flush();
}

static qopt_call make_call(const harness_job *job, const void **inputs, void **outputs) {
  const qopt_module *module = job->network->module;
  uint64_t bytes = module->workspace_fixed + job->tasks * module->workspace_per_task;
  qopt_call call = {0};
  call.size = sizeof call;
  call.inputs = inputs;
  call.outputs = outputs;
  call.workspace = allocate(bytes);
  call.workspace_bytes = bytes;
  call.tasks = job->tasks;
  if (job->tasks > 1 || job->count_steps)
    call.par = run_tasks, call.par_ctx = &steps;
  return call;
}

void harness_run(const harness_job *job) {
  const qopt_module *module = job->network->module;
  uint32_t n_inputs = module->n_inputs, count = n_inputs + module->n_outputs;
  port *ports = allocate(count * sizeof *ports);
  void **pointers = allocate(count * sizeof *pointers);
  for (uint32_t i = 0; i < count; ++i) {
    int is_output = i >= n_inputs;
    open_port(&ports[i], is_output ? &module->outputs[i - n_inputs] : &module->inputs[i], job,
              job->files[i], is_output);
    pointers[i] = ports[i].codes;
  }
  qopt_call call = make_call(job, (const void **)pointers, pointers + n_inputs);
  steps = (step_counts){.counting = job->count_steps};
  uint64_t packets = 0, runs = 0;
  for (; read_inputs(ports, n_inputs, job->network->bounds); runs += job->repeat) {
    packets += run_once(module, &call, job->repeat);
    write_outputs(ports + n_inputs, module->n_outputs);
  }
  for (uint32_t i = 0; i < count; ++i)
    machine_close(ports[i].file);
  print_counts(job, packets, runs);
}

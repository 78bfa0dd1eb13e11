// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A plugin of QEMU's user emulators (TCG): counts the instructions that a program executes, by the
// symbol that they belong to.
//   qemu-aarch64 -plugin libcount_instructions.so,out=FILE PROGRAM …
// FILE gets one line "COUNT SYMBOL" for each symbol, "?" for code without one. Counts are exact and
// the same in every run; emulated time means nothing.
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What we use of QEMU's plugin interface, version 1; Debian installs no header for it.
typedef uint64_t PluginId;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { kAddU64 = 0 }; // the only inline operation
extern void qemu_plugin_register_vcpu_tb_trans_cb(PluginId id,
                                                  void (*callback)(PluginId,
                                                                   struct qemu_plugin_tb *));
extern void qemu_plugin_register_atexit_cb(PluginId id, void (*callback)(PluginId, void *),
                                           void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block,
                                                        size_t index);
extern const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *instruction);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction,
                                                       int operation, void *counter,
                                                       uint64_t amount);
__attribute__((visibility("default"))) int qemu_plugin_version = 1;

typedef struct Counter {
  struct Counter *next;
  uint64_t count;
  char symbol[];
} Counter;

enum { kBuckets = 1024 };
static Counter *buckets[kBuckets];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *path;

static unsigned hash(const char *text) {
  uint32_t value = 2166136261u;
  for (; *text; ++text)
    value = (value ^ (unsigned char)*text) * 16777619u;
  return value % kBuckets;
}

static Counter *find_counter(const char *symbol) {
  Counter **bucket = &buckets[hash(symbol)];
  for (Counter *counter = *bucket; counter; counter = counter->next)
    if (!strcmp(counter->symbol, symbol))
      return counter;
  Counter *counter = calloc(1, sizeof *counter + strlen(symbol) + 1);
  if (!counter)
    abort();
  strcpy(counter->symbol, symbol);
  counter->next = *bucket;
  return *bucket = counter;
}

/// A block is counted where its run of instructions of one symbol begins: only a fault leaves a
/// block in between.
static void on_translation(PluginId id, struct qemu_plugin_tb *block) {
  (void)id;
  size_t size = qemu_plugin_tb_n_insns(block);
  pthread_mutex_lock(&mutex);
  for (size_t first = 0; first < size;) {
    struct qemu_plugin_insn *head = qemu_plugin_tb_get_insn(block, first);
    const char *symbol = qemu_plugin_insn_symbol(head);
    size_t end = first + 1;
    while (end < size && qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(block, end)) == symbol)
      ++end;
    Counter *counter = find_counter(symbol ? symbol : "?");
    qemu_plugin_register_vcpu_insn_exec_inline(head, kAddU64, &counter->count, end - first);
    first = end;
  }
  pthread_mutex_unlock(&mutex);
}

static void on_exit_of_program(PluginId id, void *data) {
  (void)id, (void)data;
  FILE *file = path ? fopen(path, "w") : stderr;
  if (!file) {
    fprintf(stderr, "count_instructions: cannot write '%s'\n", path);
    return;
  }
  for (int i = 0; i < kBuckets; ++i)
    for (const Counter *counter = buckets[i]; counter; counter = counter->next)
      fprintf(file, "%llu %s\n", (unsigned long long)counter->count, counter->symbol);
  if (path)
    fclose(file);
}

__attribute__((visibility("default"))) int qemu_plugin_install(PluginId id, const void *info,
                                                               int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) || !argv[i][4]) {
      fprintf(stderr, "count_instructions: '%s' is no option; the only one is out=FILE\n", argv[i]);
      return 1;
    }
    path = strdup(argv[i] + 4);
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_exit_of_program, NULL);
  return 0;
}

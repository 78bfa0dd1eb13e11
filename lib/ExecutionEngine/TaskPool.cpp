// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TaskPool.h"

using namespace qopt;

/// Steps follow each other within microseconds: look again this often before going to sleep.
static constexpr unsigned kSpins = 4000;

static void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

static uint32_t generationOf(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }

TaskPool::TaskPool(unsigned threads) {
  for (unsigned i = 1; i < threads; ++i)
    workers.emplace_back([this] { serve(); });
}

TaskPool::~TaskPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

/// Claims and runs indices of one job until none is left.
void TaskPool::work(uint32_t generation) {
  uint64_t current = ticket.load();
  while (generationOf(current) == generation) {
    qopt_task function = task.load();
    void *data = argument.load();
    uint32_t index = static_cast<uint32_t>(current);
    if (index >= count.load())
      return;
    if (!ticket.compare_exchange_weak(current, current + 1))
      continue;
    function(data, index);
    unfinished.fetch_sub(1);
    current = ticket.load();
  }
}

uint32_t TaskPool::waitForJob(uint32_t seen) {
  for (unsigned spin = 0; spin < kSpins; ++spin) {
    uint32_t generation = generationOf(ticket.load());
    if (generation != seen || stopping)
      return generation;
    pause();
  }
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait(lock, [&] { return stopping || generationOf(ticket.load()) != seen; });
  return generationOf(ticket.load());
}

void TaskPool::serve() {
  uint32_t seen = 0;
  while (true) {
    seen = waitForJob(seen);
    if (stopping)
      return;
    work(seen);
  }
}

void TaskPool::run(uint32_t n, qopt_task function, void *data) {
  if (n <= 1 || workers.empty()) {
    for (uint32_t index = 0; index < n; ++index)
      function(data, index);
    return;
  }
  uint32_t generation = generationOf(ticket.load()) + 1;
  ticket.store(uint64_t{generation} << 32 | kClosed);
  ++generation;
  task.store(function);
  argument.store(data);
  count.store(n);
  unfinished.store(n);
  {
    // Under the lock: no worker goes to sleep between its last look and this store.
    std::lock_guard<std::mutex> lock(mutex);
    ticket.store(uint64_t{generation} << 32);
  }
  wake.notify_all();
  work(generation);
  for (unsigned spin = 0; unfinished.load() != 0; ++spin) {
    if (spin < kSpins)
      pause();
    else
      std::this_thread::yield();
  }
}

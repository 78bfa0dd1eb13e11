// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parallel-for that compiled networks call: threads that stay, because a network asks some
// dozens of times in a millisecond.
#ifndef QOPT_LIB_EXECUTIONENGINE_TASKPOOL_H
#define QOPT_LIB_EXECUTIONENGINE_TASKPOOL_H

#include "qopt-c/qopt_abi.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace qopt {

class TaskPool {
public:
  /// `threads` in all, the caller of run() included.
  explicit TaskPool(unsigned threads);
  ~TaskPool();

  unsigned getNumThreads() const { return workers.size() + 1; }
  /// task(arg, i) once for each i < n; returns when all are done.
  void run(uint32_t n, qopt_task task, void *arg);
  /// As qopt_parallel_for; `context` is the pool.
  static void parallelFor(void *context, uint32_t n, qopt_task task, void *arg) {
    static_cast<TaskPool *>(context)->run(n, task, arg);
  }

private:
  static constexpr uint32_t kClosed = UINT32_MAX;

  void work(uint32_t generation);
  void serve();
  uint32_t waitForJob(uint32_t seen);

  // A job's members change only while `ticket` is closed (index kClosed), so a worker that read
  // members of two jobs fails to claim: its compare and exchange is of the whole ticket. All
  // accesses are sequentially consistent; the argument above needs no less.
  std::atomic<qopt_task> task{nullptr};
  std::atomic<void *> argument{nullptr};
  std::atomic<uint32_t> count{0};
  std::atomic<uint64_t> ticket{0}; ///< generation in the upper half, next index in the lower
  std::atomic<uint32_t> unfinished{0};
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::thread> workers;
};

} // namespace qopt

#endif // QOPT_LIB_EXECUTIONENGINE_TASKPOOL_H

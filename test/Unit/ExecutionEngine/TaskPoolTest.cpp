// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../../../lib/ExecutionEngine/TaskPool.h"

#include "gtest/gtest.h"

using namespace qopt;

namespace {

struct Counters {
  std::atomic<uint32_t> hits[64] = {};

  static void count(void *counters, uint32_t index) {
    ++static_cast<Counters *>(counters)->hits[index];
  }
};

/// Jobs follow each other at once and after the workers went to sleep; every index runs once, and
/// before run() returns.
TEST(TaskPool, EveryIndexRunsOnce) {
  for (unsigned threads : {1u, 2u, 5u}) {
    TaskPool pool(threads);
    EXPECT_EQ(pool.getNumThreads(), threads);
    for (int round = 0; round < 2000; ++round) {
      Counters counters;
      uint32_t n = round % 65;
      if (round % 500 == 499)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      TaskPool::parallelFor(&pool, n, &Counters::count, &counters);
      for (uint32_t i = 0; i < 64; ++i)
        ASSERT_EQ(counters.hits[i], i < n ? 1u : 0u) << "round " << round;
    }
  }
}

} // namespace

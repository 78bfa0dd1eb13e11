// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/ParallelFor.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

using namespace llvm;

namespace {

/// Keeps the error of the least index.
class FirstError {
public:
  void add(int64_t index, Error error) {
    std::lock_guard<std::mutex> lock(mutex);
    any = true;
    if (leastIndex >= 0 && index > leastIndex) {
      consumeError(std::move(error));
      return;
    }
    consumeError(std::move(first));
    first = std::move(error);
    leastIndex = index;
  }
  bool happened() const { return any; }
  Error take() { return std::move(first); }

private:
  std::mutex mutex;
  std::atomic<bool> any{false};
  int64_t leastIndex = -1;
  Error first = Error::success();
};

} // namespace

Error qopt::parallelFor(unsigned threads, int64_t count, function_ref<Error(int64_t)> body) {
  std::atomic<int64_t> next{0};
  FirstError firstError;
  auto work = [&] {
    for (int64_t i; !firstError.happened() && (i = next++) < count;)
      if (Error error = body(i))
        firstError.add(i, std::move(error));
  };
  std::vector<std::thread> others;
  for (int64_t i = 1; i < std::min<int64_t>(threads, count); ++i)
    others.emplace_back(work);
  work();
  for (std::thread &other : others)
    other.join();
  return firstError.take();
}

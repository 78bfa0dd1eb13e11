// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Bench.h"
#include "DataSet.h"

#include <algorithm>
#include <chrono>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace qopt {

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Expected<Latency> measureLatency(Engine &engine, ArrayRef<const void *> inputs, double seconds) {
  OutputStack outputs(engine.outputs(), 1);
  Clock::time_point start = Clock::now();
  do {
    if (Error error = engine.run(inputs, outputs.pointers()))
      return std::move(error);
  } while (secondsSince(start) < seconds / 10);

  std::vector<double> times;
  start = Clock::now();
  do {
    Clock::time_point begin = Clock::now();
    if (Error error = engine.run(inputs, outputs.pointers()))
      return std::move(error);
    times.push_back(secondsSince(begin) * 1e3);
  } while (secondsSince(start) < seconds || times.size() < 3);
  std::sort(times.begin(), times.end());
  return Latency{times.front(), times[times.size() / 2], static_cast<int64_t>(times.size())};
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Timing of one call, over and over.
#ifndef QOPT_TOOLS_RUN_BENCH_H
#define QOPT_TOOLS_RUN_BENCH_H

#include "Engine.h"

namespace qopt {

struct Latency {
  double minMs = 0, medianMs = 0;
  int64_t runs = 0;
};

/// Warms up for a tenth of `seconds`, then times single calls for `seconds` (at least three).
llvm::Expected<Latency> measureLatency(Engine &engine, llvm::ArrayRef<const void *> inputs,
                                       double seconds);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_BENCH_H

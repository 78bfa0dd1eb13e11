// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the dot instruction of a target does when nothing but registers feeds it.
#ifndef QOPT_BENCHMARK_KERNELS_PEAK_H
#define QOPT_BENCHMARK_KERNELS_PEAK_H

#include "qopt/Target/Target.h"

namespace qopt::benchmark {

/// Multiply-accumulates per second of independent dots of `target`, the best of several rounds (a
/// few milliseconds in all).
llvm::Expected<double> measurePeak(const Target &target);

} // namespace qopt::benchmark

#endif // QOPT_BENCHMARK_KERNELS_PEAK_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the dot instruction of a target does when nothing but registers feeds it.
#ifndef QOPT_EXECUTIONENGINE_DOTPEAK_H
#define QOPT_EXECUTIONENGINE_DOTPEAK_H

#include "qopt/Target/Target.h"

namespace qopt {

/// Multiply-accumulates per second of independent dots of `target`, the best of several rounds (a
/// few milliseconds in all).
/// 0 for scalar rows.
llvm::Expected<double> measureDotPeak(const Target &target);

/// Bytes per second that one thread reads from memory that no cache holds.
double measureReadBandwidth();

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_DOTPEAK_H

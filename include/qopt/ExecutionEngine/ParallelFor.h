// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Independent work on a given number of threads.
#ifndef QOPT_EXECUTIONENGINE_PARALLELFOR_H
#define QOPT_EXECUTIONENGINE_PARALLELFOR_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace qopt {

/// Calls body(i) once for each i in [0, count) on up to `threads` threads, the caller's included,
/// and returns when all are done. After an error no new index starts; the error of the least index
/// that failed is returned.
llvm::Error parallelFor(unsigned threads, int64_t count,
                        llvm::function_ref<llvm::Error(int64_t)> body);

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_PARALLELFOR_H

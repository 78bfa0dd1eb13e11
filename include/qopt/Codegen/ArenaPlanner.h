// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Static memory: offsets for buffers whose lifetimes are known.
#ifndef QOPT_CODEGEN_ARENAPLANNER_H
#define QOPT_CODEGEN_ARENAPLANNER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace qopt::codegen {

/// A buffer that is live at the times first..last, both included.
struct ArenaBuffer {
  int64_t bytes = 0;
  int first = 0, last = 0;
};

struct ArenaPlan {
  llvm::SmallVector<int64_t> offsets; ///< one per buffer
  int64_t bytes = 0;                  ///< size of the arena
  int64_t lowerBound = 0;             ///< most bytes live at any one time: no plan needs less
};

/// Greedy: buffers from the largest to the smallest, each into the tightest gap among the placed
/// ones that live at the same time; where more bytes are taken than live at any one time, other
/// orders are tried and the smallest arena wins. Sizes and offsets are multiples of `alignment`.
/// The same input gives the same plan. Without `reuse` no two buffers share a byte.
ArenaPlan planArena(llvm::ArrayRef<ArenaBuffer> buffers, int64_t alignment, bool reuse = true);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_ARENAPLANNER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Codegen/ArenaPlanner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace qopt::codegen;

namespace {

struct Range {
  int64_t begin, end;
};

bool liveTogether(const ArenaBuffer &a, const ArenaBuffer &b) {
  return a.first <= b.last && b.first <= a.last;
}

/// The start of the tightest gap of at least `bytes` between the taken ranges (sorted by begin);
/// the end of the last one if there is none.
int64_t bestFit(llvm::ArrayRef<Range> taken, int64_t bytes) {
  int64_t best = -1, bestGap = 0, end = 0;
  for (const Range &range : taken) {
    int64_t gap = range.begin - end;
    if (gap >= bytes && (best < 0 || gap < bestGap))
      best = end, bestGap = gap;
    end = std::max(end, range.end);
  }
  return best < 0 ? end : best;
}

int64_t mostLiveBytes(llvm::ArrayRef<ArenaBuffer> buffers, llvm::ArrayRef<int64_t> sizes) {
  int64_t most = 0;
  // The sum grows only where a buffer begins.
  for (const ArenaBuffer &start : buffers) {
    int64_t live = 0;
    for (auto [buffer, size] : llvm::zip_equal(buffers, sizes))
      if (buffer.first <= start.first && start.first <= buffer.last)
        live += size;
    most = std::max(most, live);
  }
  return most;
}

} // namespace

ArenaPlan qopt::codegen::planArena(llvm::ArrayRef<ArenaBuffer> buffers, int64_t alignment,
                                   bool reuse) {
  llvm::SmallVector<int64_t> sizes;
  for (const ArenaBuffer &buffer : buffers)
    sizes.push_back(llvm::alignTo(buffer.bytes, alignment));
  llvm::SmallVector<unsigned> order(buffers.size());
  std::iota(order.begin(), order.end(), 0u);
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return sizes[a] != sizes[b] ? sizes[a] > sizes[b] : a < b;
  });

  ArenaPlan plan;
  plan.offsets.assign(buffers.size(), 0);
  llvm::SmallVector<unsigned> placed;
  for (unsigned current : order) {
    llvm::SmallVector<Range> taken;
    for (unsigned other : placed)
      if (!reuse || liveTogether(buffers[current], buffers[other]))
        taken.push_back({plan.offsets[other], plan.offsets[other] + sizes[other]});
    llvm::sort(taken, [](const Range &a, const Range &b) { return a.begin < b.begin; });
    plan.offsets[current] = bestFit(taken, sizes[current]);
    plan.bytes = std::max(plan.bytes, plan.offsets[current] + sizes[current]);
    placed.push_back(current);
  }
  plan.lowerBound = mostLiveBytes(buffers, sizes);
  return plan;
}

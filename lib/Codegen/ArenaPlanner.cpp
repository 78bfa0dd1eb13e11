// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Buffers one after the other into gaps; where that leaves holes, in a better order.
#include "qopt/Codegen/ArenaPlanner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>
#include <tuple>

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

class Packer {
public:
  Packer(llvm::ArrayRef<ArenaBuffer> buffers, llvm::ArrayRef<int64_t> sizes, bool reuse)
      : buffers(buffers), sizes(sizes), reuse(reuse) {}

  using Order = llvm::SmallVector<unsigned>;

  /// Larger keys first; among equal ones the larger buffer, then the earlier one.
  template <typename Key> Order orderBy(Key key) const {
    Order order(buffers.size());
    std::iota(order.begin(), order.end(), 0u);
    llvm::sort(order, [&](unsigned a, unsigned b) {
      return std::make_tuple(key(b), sizes[b], a) < std::make_tuple(key(a), sizes[a], b);
    });
    return order;
  }

  /// Most bytes that live at any time of `buffer`'s life.
  int64_t mostLiveBeside(unsigned buffer) const {
    llvm::SmallVector<ArenaBuffer> beside;
    llvm::SmallVector<int64_t> besideSizes;
    for (auto [other, size] : llvm::zip_equal(buffers, sizes)) {
      if (!liveTogether(buffers[buffer], other))
        continue;
      beside.push_back({size, std::max(other.first, buffers[buffer].first), other.last});
      besideSizes.push_back(size);
    }
    return mostLiveBytes(beside, besideSizes);
  }

  ArenaPlan place(llvm::ArrayRef<unsigned> order) const;
  void improve(ArenaPlan &best, Order order, int64_t enough) const;

private:
  llvm::ArrayRef<ArenaBuffer> buffers;
  llvm::ArrayRef<int64_t> sizes;
  bool reuse;
};

ArenaPlan Packer::place(llvm::ArrayRef<unsigned> order) const {
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
  return plan;
}

/// Tries `order`, then again with the buffer that reaches highest put first, until `enough`. One
/// that sticks out does so because smaller ones took the place below it; nearly all chains of
/// layers end at the bound that way.
void Packer::improve(ArenaPlan &best, Order order, int64_t enough) const {
  constexpr int64_t kMaxTries = 100, kMaxPairs = 1 << 22; // pairs of buffers looked at
  int64_t pairs = static_cast<int64_t>(order.size() * order.size());
  int64_t tries = std::clamp<int64_t>(kMaxPairs / std::max<int64_t>(pairs, 1), 1, kMaxTries);
  for (; tries > 0 && best.bytes > enough; --tries) {
    ArenaPlan plan = place(order);
    auto highest =
        llvm::find_if(order, [&](unsigned i) { return plan.offsets[i] + sizes[i] == plan.bytes; });
    std::rotate(order.begin(), highest, highest + 1);
    if (plan.bytes < best.bytes)
      best = std::move(plan);
  }
}

} // namespace

ArenaPlan qopt::codegen::planArena(llvm::ArrayRef<ArenaBuffer> buffers, int64_t alignment,
                                   bool reuse) {
  llvm::SmallVector<int64_t> sizes;
  for (const ArenaBuffer &buffer : buffers)
    sizes.push_back(llvm::alignTo(buffer.bytes, alignment));
  Packer packer(buffers, sizes, reuse);
  int64_t lowerBound = mostLiveBytes(buffers, sizes);
  Packer::Order bySize = packer.orderBy([](unsigned) { return 0; });
  ArenaPlan best = packer.place(bySize);
  if (reuse && best.bytes > lowerBound) {
    auto tryOrder = [&](auto key) { packer.improve(best, packer.orderBy(key), lowerBound); };
    packer.improve(best, bySize, lowerBound);
    tryOrder([&](unsigned i) { return packer.mostLiveBeside(i); });
    tryOrder([&](unsigned i) { return buffers[i].last - buffers[i].first; });
    tryOrder([&](unsigned i) { return buffers[i].first; });
    tryOrder([&](unsigned i) { return -buffers[i].first; });
  }
  best.lowerBound = lowerBound;
  return best;
}

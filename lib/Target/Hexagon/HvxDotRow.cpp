// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// vrmpyub with weights in the vector and a word of a pixel in a scalar register.
#include "HvxDotRow.h"

#include "Intrinsics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::hexagon {

/// Activations are scalar registers. Two dots a packet beside one load of a vector and one of a
/// word; a tile of 28 accumulators leaves four vectors for weights.
TileBudget VrmpyDotRow::getBudget() const {
  TileBudget budget;
  budget.registers = 32, budget.accumulators = 28, budget.activationRegisters = 0;
  budget.dotsInFlight = 8, budget.maxVectors = 4;
  budget.weightLoadCost = 1, budget.activationCost = 2;
  budget.unroll = 4; // the first loads of a trip have nothing to run beside them
  return budget;
}

Value VrmpyDotRow::loadActivation(Emitter &emit, ArrayRef<Value> pixels, bool) const {
  return emit.load(emit.intType(32), pixels.front(), 4);
}

Value VrmpyDotRow::loadWeights(Emitter &emit, Value pointer) const {
  return emit.load(emit.intType(32, kLanes), pointer, kBytes);
}

Value VrmpyDotRow::dot(Emitter &emit, Value accumulator, Value weights, Value activation) const {
  return hvx(emit, "vrmpyub.acc", {accumulator, weights, activation});
}

//===----------------------------------------------------------------------===//
// Sums of activations
//===----------------------------------------------------------------------===//

/// Pixels whose sums fill a vector.
constexpr int64_t kGroup = kLanes;

/// Windows that are whole pixels of many activations.
static bool arePixels(const WindowRow &windows) {
  if (windows.rows != 1 || windows.channels != windows.pixelBytes)
    return false;
  if (windows.bytes % kBytes == 0)
    return true;
  return kBytes % windows.bytes == 0 && windows.bytes >= 8 && windows.stride == windows.bytes &&
         windows.count >= kGroup;
}

/// Windows of several words of the same kind, that begin a word or two apart.
static bool areWords(const WindowRow &windows) {
  bool sameKind = windows.pixelBytes == 4 || windows.channels == windows.pixelBytes;
  return sameKind && windows.bytes % 4 == 0 && windows.bytes > 4 && windows.bytes <= 32 &&
         (windows.stride == 4 || windows.stride == 8) && windows.count >= kGroup;
}

bool VrmpyDotRow::canSumWindows(const WindowRow &windows) const {
  return arePixels(windows) || areWords(windows);
}

namespace {

/// Sums of 32 pixels: words of four bytes' sums first, then neighbours added up, level by level;
/// two vectors of partial sums make one, in the order of the pixels.
class PixelSums {
public:
  PixelSums(Emitter &emit, Value pixels, int64_t count, int64_t bytes, int64_t stride)
      : emit(emit), pixels(pixels), count(count), bytes(bytes), stride(stride) {}

  Value get() const {
    int64_t perPixel = std::min<int64_t>(bytes, kBytes) / 4; // words of partial sums
    return reduce(0, llvm::Log2_64(perPixel), kGroup * perPixel / kLanes);
  }

private:
  /// `levels` of additions below, over `vectors` vectors of which `first` is the first.
  Value reduce(int64_t first, int64_t levels, int64_t vectors) const {
    if (levels == 0)
      return partial(first);
    Value low = reduce(first, levels - 1, vectors / 2);
    Value high = reduce(first + vectors / 2, levels - 1, vectors / 2);
    auto [even, odd] = hvxPair(emit, "vdealvdd", {high, low, scalar(emit, -4)});
    return emit.add(even, odd);
  }

  /// Vector number `index`: of a pixel, or of the several that a vector holds.
  Value partial(int64_t index) const {
    int64_t offset = bytes < kBytes ? index * kBytes : std::min(index, count - 1) * stride;
    Value ones = scalar(emit, 0x01010101), sum;
    for (int64_t at = 0; at < bytes; at += kBytes) {
      Value vector = emit.load(emit.intType(32, kLanes), emit.address(pixels, offset + at));
      sum = sum ? hvx(emit, "vrmpyub.acc", {sum, vector, ones})
                : hvx(emit, "vrmpyub", {vector, ones});
    }
    return sum;
  }

  Emitter &emit;
  Value pixels;
  int64_t count, bytes, stride;
};

/// Sums of 32 windows of a few words. First the sums of words, of all rows; where windows begin two
/// words apart, two vectors of them are taken apart into even and odd words.
class WordSums {
public:
  WordSums(Emitter &emit, Value input, const WindowRow &windows)
      : emit(emit), input(input), windows(windows) {}

  Value get() const {
    int64_t words = windows.bytes / 4;
    Value sum;
    auto add = [&](Value part) { sum = sum ? emit.add(sum, part) : part; };
    if (windows.stride == 4) {
      for (int64_t word = 0; word < words; ++word)
        add(wordsFrom(word));
      return sum;
    }
    for (int64_t word = 0; word < words; word += 2) {
      // A last word without a neighbour is the odd one from the word before on: nothing behind the
      // window is read.
      bool alone = word + 1 == words;
      int64_t first = alone ? word - 1 : word;
      auto [even, odd] = hvxPair(emit, "vdealvdd",
                                 {wordsFrom(first + kLanes), wordsFrom(first), scalar(emit, -4)});
      add(odd);
      if (!alone)
        add(even);
    }
    return sum;
  }

private:
  /// Sums of 32 words side by side.
  Value wordsFrom(int64_t word) const {
    int64_t behind = windows.pixelBytes - windows.channels; // bytes of a word that count nothing
    Value ones = scalar(emit, 0x01010101 >> 8 * behind), sum;
    for (int64_t row = 0; row < windows.rows; ++row) {
      Value vector = emit.load(emit.intType(32, kLanes),
                               emit.address(input, row * windows.rowStride + 4 * word));
      sum = sum ? hvx(emit, "vrmpyub.acc", {sum, vector, ones})
                : hvx(emit, "vrmpyub", {vector, ones});
    }
    return sum;
  }

  Emitter &emit;
  Value input;
  const WindowRow &windows;
};

} // namespace

/// The last group overlaps the one before it; fewer windows than a group repeat the last one.
void VrmpyDotRow::sumWindows(Emitter &emit, Value input, const WindowRow &windows, int32_t factor,
                             Value sums) const {
  int64_t groups = llvm::divideCeil(windows.count, kGroup);
  int64_t last = std::max<int64_t>(0, windows.count - kGroup);
  emit.forLoop(0, groups, 1, [&](Value group) {
    Value first =
        arith::MinUIOp::create(emit.builder, emit.loc, emit.mul(group, kGroup), emit.index(last));
    Value start = emit.address(input, emit.mul(first, windows.stride));
    Value sum = arePixels(windows)
                    ? PixelSums(emit, start, windows.count, windows.bytes, windows.stride).get()
                    : WordSums(emit, start, windows).get();
    emit.store(emit.mul(sum, factor), emit.address(sums, emit.mul(first, 4)));
  });
}

} // namespace qopt::hexagon

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One dot instruction, as the generator of convolutions and fully connected layers sees it.
#ifndef QOPT_CODEGEN_DOTROW_H
#define QOPT_CODEGEN_DOTROW_H

#include "qopt/Codegen/Emitter.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace qopt::codegen {

/// What one instruction multiplies: `m` pixels by `n` output channels, `k` products summed into
/// each of its m·n sums. Sum l belongs to pixel l floordiv n and channel l mod n; it is spread over
/// `partials` neighbouring lanes of the accumulator, which unpackAccumulators() adds up.
struct DotShape {
  int64_t m = 1, n = 1, k = 1;
  int64_t partials = 1;

  int64_t lanes() const { return m * n * partials; } ///< of an accumulator
};

/// What a tile may cost. The unit of time is one dot instruction at full rate.
struct TileBudget {
  int64_t registers = 14;          ///< for accumulators, weights and activations
  int64_t accumulators = 1 << 20;  ///< most of them; what is left over is for the epilogue
  int64_t activationRegisters = 1; ///< of an operand of m pixels; 0: it lives in other registers
  int64_t dotsInFlight = 1;        ///< latency times rate: fewer independent accumulators stall
  int64_t maxVectors = 2;          ///< most vectors of output channels in a panel
  double weightLoadCost = 1;       ///< of one vector of weights
  double activationCost = 0.5;     ///< of delivering one pixel's operand
  double loadShare = 0;            ///< of the loads' time that dots cannot hide
  double tileOverhead = 20;        ///< loops, addresses and the latency at both ends
  int64_t hiddenResults = 1 << 20; ///< vectors of a tile's results done behind the next one's dots
  double exposedCost = 0;          ///< of each further one
  int64_t nearPanelBytes = 0;      ///< panels below this stay in the first-level cache
  double farWeightCost = 0;        ///< of one vector of weights of other panels, besides
  double packedCost = 0.5;         ///< of an operand of several pixels that was made ahead
  double pixelOverhead = 0;        ///< per pixel of a tile: sums of activations
  double storeCost = 0;            ///< of a store of a pixel's results; sizes are powers of two
  int64_t unroll = 1;              ///< steps of the reduction that one trip of its loop does
  int64_t inlineSteps = 4;         ///< runs of up to this many steps are laid out in line
  int64_t prefetchTiles = 0;       ///< panels of up to this many tiles prefetch the next panel
  int64_t nearBytes = 0;           ///< weights of a layer that stay in a near cache
  bool sharesColumns = false;      ///< a pixel's operand may serve all columns of a kernel's row
};

/// The windows of a row of results: `rows` runs of `bytes` bytes, `rowStride` apart, which are pixels
/// of `pixelBytes`, the first `channels` of them activations; the next window lies `stride` bytes on.
struct WindowRow {
  int64_t count = 1, stride = 1;
  int64_t rows = 1, rowStride = 0, bytes = 1;
  int64_t pixelBytes = 1, channels = 1;
};

class DotRow {
public:
  virtual ~DotRow() = default;

  /// Names kernels.
  virtual llvm::StringRef getName() const = 0;
  virtual DotShape getShape() const = 0;
  /// Bytes of a pixel that one loadActivation() delivers; a multiple of k.
  virtual int64_t getStepBytes() const { return getShape().k; }
  /// Activations must be flipped (unsigned), or must not be. A row that takes both says so.
  virtual bool acceptsActivations(bool flipped) const = 0;
  /// No weight may be -128.
  virtual bool needsNarrowWeights() const { return false; }
  /// Added to every weight when packed (128: unsigned weights). The generator subtracts
  /// offset · Σ activations from every accumulator.
  virtual int32_t getWeightOffset() const { return 0; }
  virtual TileBudget getBudget() const = 0;
  /// Activations may begin at any byte, at no cost.
  virtual bool takesAnyAddress() const { return false; }

  /// The operand of `m` pixels: the next getStepBytes() bytes at each pointer. For m > 1 a vector of
  /// m·getStepBytes() bytes: all panels of a pointwise layer share what is gathered once.
  virtual mlir::Value loadActivation(Emitter &emit, llvm::ArrayRef<mlir::Value> pixels,
                                     bool flipped) const = 0;
  /// The operands of two steps, where one load of each pixel serves both.
  virtual llvm::SmallVector<mlir::Value, 2> loadTwoSteps(Emitter &emit,
                                                         llvm::ArrayRef<mlir::Value> pixels,
                                                         bool flipped) const {
    llvm::SmallVector<mlir::Value, 2> next;
    for (mlir::Value pixel : pixels)
      next.push_back(emit.address(pixel, getStepBytes()));
    return {loadActivation(emit, pixels, flipped), loadActivation(emit, next, flipped)};
  }
  /// Its part for the dot number `part` of getStepBytes() / k.
  virtual mlir::Value selectActivation(Emitter & /*emit*/, mlir::Value operand,
                                       int64_t /*part*/) const {
    return operand;
  }
  /// n channels of k weights each, packed [n][k]; aligned to their size.
  virtual mlir::Value loadWeights(Emitter &emit, mlir::Value pointer) const = 0;
  virtual mlir::Value dot(Emitter &emit, mlir::Value accumulator, mlir::Value weights,
                          mlir::Value activation) const = 0;

  /// Whether sumWindows() serves; then every window is summed once, before the tiles, and not by
  /// each panel. Only rows of m = 1 are asked.
  virtual bool canSumWindows(const WindowRow & /*windows*/) const { return false; }
  /// sums[i] = factor · Σ of the activations of the window i, whose first byte is at
  /// input + i·stride, i < count, as i32. May write up to getShape().n words more.
  virtual void sumWindows(Emitter & /*emit*/, mlir::Value /*input*/, const WindowRow & /*windows*/,
                          int32_t /*factor*/, mlir::Value /*sums*/) const {}

  /// Accumulators of `m` pixels (consecutive n-channel blocks) to vectors of getLanes() consecutive
  /// channels of the row set, for each pixel. The default serves m = 1, n = lanes.
  virtual void
  unpackAccumulators(Emitter &emit, llvm::ArrayRef<mlir::Value> accumulators,
                     llvm::SmallVectorImpl<llvm::SmallVector<mlir::Value>> &pixels) const;
};

/// The scalar row: any operand signs, any shape.
const DotRow &getGenericDotRow();

/// A four-way dot that works lane by lane, for depthwise convolution: four bytes of a lane come
/// from four image rows, four weights from a column of the kernel.
class QuadRow {
public:
  virtual ~QuadRow() = default;

  /// Channels of a block: bytes of a row, which make interleaved vectors of the row set's lanes, as
  /// many as it takes.
  virtual int64_t getBlockChannels() const = 0;
  virtual bool acceptsActivations(bool flipped) const = 0;
  /// No weight may be -128.
  virtual bool needsNarrowWeights() const { return false; }
  /// Whether pixels of few channels fill a vector also where the results lie `stride` pixels apart.
  virtual bool gathersPixels() const { return false; }
  /// Whether a vector is loaded and stored in parts at little cost: channels then need not fill it.
  virtual bool takesParts() const { return false; }
  /// Neighbouring results that share loads of weights and columns of the image.
  virtual int64_t getPixelsPerStep() const { return 1; }
  /// Four vectors of getBlockChannels() bytes, a row of the image each, interleaved: lane l of
  /// vector v holds the four bytes of channel getChannel(v, l).
  virtual llvm::SmallVector<mlir::Value, 4> interleave(Emitter &emit,
                                                       llvm::ArrayRef<mlir::Value> rows) const = 0;
  virtual int64_t getChannel(int64_t vector, int64_t lane) const = 0;
  /// accumulator (i32 lanes) + Σ of four products of bytes; weights are signed.
  virtual mlir::Value dot(Emitter &emit, mlir::Value accumulator, mlir::Value weights,
                          mlir::Value activations) const = 0;
  /// Whether a block's four vectors may be computed one after the other, each of them along whole
  /// rows of results: with few values alive a compiler fills every cycle of the loop. Results of
  /// two rows then come together step by step, each step a vector that lies where a row will be.
  virtual bool splitsVectors() const { return false; }
  /// The vector number `vector` that interleave() makes.
  virtual mlir::Value interleaveOne(Emitter &emit, llvm::ArrayRef<mlir::Value> rows,
                                    int64_t vector) const {
    return interleave(emit, rows)[vector];
  }
  /// Results of one vector in two rows, with the zero point, in 16 bits. `zero` is that of narrow().
  virtual mlir::Value joinRows(Emitter & /*emit*/, mlir::Value /*first*/, mlir::Value /*second*/,
                               mlir::Value /*zero*/, bool /*isUnsigned*/) const {
    return {};
  }
  /// The next step: of vectors 0 and 1, or 2 and 3, in bytes.
  virtual mlir::Value joinVectors(Emitter & /*emit*/, mlir::Value /*first*/,
                                  mlir::Value /*second*/) const {
    return {};
  }
  /// The last one, from both joinVectors(): the codes of the first row and of the second.
  virtual std::pair<mlir::Value, mlir::Value> splitRows(Emitter & /*emit*/, mlir::Value /*first*/,
                                                        mlir::Value /*second*/,
                                                        bool /*isUnsigned*/) const {
    return {};
  }

  /// The vectors' results to one vector of getBlockChannels() codes in channel order; as
  /// RowSet::narrow otherwise.
  virtual mlir::Value narrow(Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                             bool isUnsigned) const = 0;
  virtual mlir::Value narrowWords(Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                                  mlir::Value zero, bool isUnsigned) const {
    return narrow(emit, values, zero, isUnsigned);
  }
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_DOTROW_H

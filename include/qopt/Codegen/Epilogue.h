// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the accumulators of a register tile to stored results.
#ifndef QOPT_CODEGEN_EPILOGUE_H
#define QOPT_CODEGEN_EPILOGUE_H

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Codegen/RequantizeBuilder.h"
#include "qopt/Codegen/RowSet.h"

#include "llvm/ADT/SmallVector.h"

namespace qopt::codegen {

/// What stands behind a kernel's parameter pointer: a header of scalars, then arrays with one entry
/// per lane. Zero points and bounds are data, so that layers of one shape share a kernel.
class ParameterBlock {
public:
  ParameterBlock() : bytes(kHeaderBytes) {}

  enum Field { Zero = 0, Lower = 4, Upper = 8, ResidualZero = 12, ResidualMultiplier = 16 };
  void setField(Field field, int32_t value);
  /// Arrays begin at multiples of this: the widest vector of any row.
  static constexpr int64_t kArrayAlignment = 128;
  /// Appends an array and returns its offset, a multiple of kArrayAlignment.
  int64_t append(llvm::ArrayRef<char> array);
  int64_t append(llvm::ArrayRef<int32_t> words);
  llvm::ArrayRef<char> getBytes() const { return bytes; }

private:
  static constexpr int64_t kHeaderBytes = 64;
  llvm::SmallVector<char, 0> bytes;
};

/// Which channel a lane computes and which a stored byte holds; lanes of channels that do not exist
/// name an existing one.
struct LaneOrder {
  llvm::SmallVector<int64_t> lanes, stored;
};

/// One tile's accumulators and where its results go.
struct TileResults {
  /// [pixel][vector], vectors of RowSet::getLanes() i32.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> accumulators;
  mlir::Value firstLane;                    ///< index into the lane arrays
  llvm::SmallVector<mlir::Value> outputs;   ///< per pixel: pointer to the first channel
  llvm::SmallVector<mlir::Value> residuals; ///< per pixel, or empty
  int64_t channels = 0;                     ///< that exist from there on
  int64_t writable = 0;                     ///< that may be stored: padding of the pixel included
  int64_t channelMultiple = 1;              ///< the first channel is a multiple of this
  int64_t rowPixels = 1;                    ///< pixels of a row of the tile, side by side
};

class Epilogue {
public:
  /// Packs its arrays into `block`.
  Epilogue(const RowSet &rows, const ResultSpec &result, const BufferLayout &output,
           const BufferLayout *residual, const LaneOrder &order, ParameterBlock &block);

  /// Everything that the emitted code depends on.
  std::string getSignature() const;

  /// Values that every tile of a kernel uses; emitted once, at its top.
  struct State {
    mlir::Value parameters;
    mlir::Value zero, residualZero, residualMultiplier, lower, upper;
  };
  State prepare(Emitter &emit, mlir::Value parameters) const;

  /// Requantizes and stores a tile.
  void emitTile(Emitter &emit, const State &state, const TileResults &tile) const;

  /// For kernels that narrow in a way of their own: requantized results, not yet with the zero
  /// point; then the clamp of codes at rest.
  mlir::Value requantize(Emitter &emit, mlir::Value accumulator,
                         const RequantizeBuilder::Operands &operands,
                         mlir::Value residual = {}) const;
  RequantizeBuilder::Operands loadOperands(Emitter &emit, const State &state,
                                           mlir::Value lane) const;
  mlir::Value clampCodes(Emitter &emit, const State &state, mlir::Value codes,
                         llvm::ArrayRef<mlir::Value> lanes) const;
  bool isFlipped() const { return output.flipped; }
  /// Whether all results fit 16 bits with the zero point.
  bool resultsFitWords() const { return fitsWords; }

private:
  enum class Bounds { Storage, Uniform, PerChannel };

  void packBounds(const ResultSpec &result, const LaneOrder &order, ParameterBlock &block);
  mlir::Value boundVector(Emitter &emit, const State &state, int64_t offset,
                          llvm::ArrayRef<mlir::Value> lanes, int64_t width) const;
  mlir::Value loadResidual(Emitter &emit, const State &state, mlir::Value pointer,
                           int64_t readable) const;
  /// f32 results, or the accumulators themselves.
  void emitWords(Emitter &emit, const State &state, const TileResults &tile) const;
  void emitCodes(Emitter &emit, const State &state, const TileResults &tile) const;
  mlir::Value requantizeAt(Emitter &emit, const State &state, const TileResults &tile,
                           int64_t pixel, int64_t v,
                           const RequantizeBuilder::Operands &operands) const;
  bool isGapless(const TileResults &tile) const;
  void storeGroup(Emitter &emit, const State &state, const TileResults &tile, int64_t first,
                  llvm::ArrayRef<mlir::Value> values) const;

  const RowSet &rows;
  const BufferLayout &output;
  const BufferLayout *residual;
  std::optional<RequantizeBuilder> requantizer;
  Bounds bounds = Bounds::Storage;
  int64_t laneCount = 0;
  int64_t blockOffset = 0, scaleOffset = 0, lowerOffset = 0, upperOffset = 0;
  bool isFloat = false, isRaw = false, inRange = false, fitsWords = false;
};

/// Stores the first `count` elements of `vector`, in pieces whose sizes are powers of two. The
/// pointer is a multiple of `alignment`, or of the size of an element.
void storePrefix(Emitter &emit, mlir::Value vector, int64_t count, mlir::Value pointer,
                 int64_t alignment = 1);
/// Loads `count` bytes into a vector of `width`; what lies beyond is zero.
mlir::Value loadPrefix(Emitter &emit, int64_t count, int64_t width, mlir::Value pointer);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_EPILOGUE_H

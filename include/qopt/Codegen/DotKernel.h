// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generates the kernel of a convolution or fully connected layer from a dot row.
#ifndef QOPT_CODEGEN_DOTKERNEL_H
#define QOPT_CODEGEN_DOTKERNEL_H

#include "qopt/Codegen/DotPacking.h"
#include "qopt/Codegen/Epilogue.h"
#include "qopt/Codegen/ProgramBuilder.h"

namespace qopt::codegen {

/// One layer through one row: plans, packs, and emits. Direct convolution on buffers with a halo:
/// a tile's pixels are displacements from one pointer, whatever rows they lie in.
class DotKernel {
public:
  DotKernel(const DotLayer &layer, const DotRow &row, const RowSet &rows);
  DotKernel(const DotKernel &) = delete;

  std::string getName() const;
  std::string getSignature() const;
  llvm::SmallVector<char, 0> packWeights() const { return packing.packWeights(); }
  llvm::ArrayRef<char> getParameters() const { return block.getBytes(); }
  BiasWords getBiasWords() const { return {biasOffset, biasChannels}; }
  /// One unit is a panel of channels by a row of tiles.
  int64_t getUnits() const;
  int64_t getMacsPerUnit() const;
  unsigned getNumPointers() const {
    return 4 + (layer.residual ? 1 : 0) + (getScratchBytes() ? 1 : 0);
  }
  /// Memory of the task for the sums of pixels, or for their operands; 0: none.
  int64_t getScratchBytes() const;

  /// The body: `pointers` are input, weights, parameters, [residual,] [scratch,] output.
  void emit(mlir::OpBuilder &builder, mlir::Location loc, mlir::ValueRange pointers,
            mlir::Value begin, mlir::Value end) const;

private:
  /// Values of the kernel, and then of one unit.
  struct Frame {
    mlir::Value input, weights, parameters, residual, output;
    Epilogue::State state;
    mlir::Value firstLane; ///< of the panel
    mlir::Value ahead;     ///< what a tile prefetches; null: nothing
    mlir::Value block;     ///< the row of tiles
    mlir::Value sums;      ///< of the pixels' activations, times -factor; null: not known ahead
    mlir::Value packs;     ///< operands of pixels, made ahead; null: none are
  };
  /// A rectangle of pixels by a panel.
  struct Tile {
    int64_t height, width;
    PanelKind panel;
    std::optional<int64_t> firstPixel = std::nullopt; ///< of the row, where it is known
    mlir::Value firstRow = {}, rowCount = {};         ///< of the kernel, where some are left out
  };
  using Accumulators = llvm::SmallVector<mlir::Value>;

  void emitUnit(Emitter &emit, const Frame &frame, mlir::Value unit) const;
  void emitPanel(Emitter &emit, const Frame &frame, const PanelKind &kind, int64_t kindIndex,
                 mlir::Value group, mlir::Value panel, mlir::Value image, mlir::Value block) const;
  /// fn(index, tile) for the tiles of a row of tiles; their panel is not set.
  void forTiles(Emitter &emit, int64_t height,
                llvm::function_ref<void(mlir::Value, const Tile &)> fn) const;
  void emitTileRow(Emitter &emit, const Frame &frame, const PanelKind &kind, int64_t height) const;
  void emitTile(Emitter &emit, const Frame &frame, const Tile &tile) const;

  // DotTile.cpp
  Accumulators initialAccumulators(Emitter &emit, const Frame &frame, const Tile &tile) const;
  /// Where a reduction reads.
  struct Cursor {
    mlir::Value input, weights, ahead;
    std::optional<int64_t> column = std::nullopt; ///< of the kernel, where pixels may miss it
  };
  Cursor advance(Emitter &emit, const Cursor &cursor, mlir::Value trip, int64_t inputBytes,
                 int64_t steps, const Tile &tile) const;
  Accumulators reduce(Emitter &emit, const Cursor &cursor, const Tile &tile,
                      Accumulators accumulators) const;
  Accumulators reduceRun(Emitter &emit, const Cursor &cursor, const Tile &tile,
                         Accumulators accumulators) const;
  llvm::SmallVector<mlir::Value> pixelsOfGroup(Emitter &emit, mlir::Value input, const Tile &tile,
                                               int64_t group) const;
  mlir::Value loadActivation(Emitter &emit, mlir::Value input, const Tile &tile,
                             int64_t group) const;
  /// What a step of the reduction advances in what it reads activations from.
  int64_t activationStepBytes(const Tile &tile) const;
  void emitStep(Emitter &emit, const Cursor &cursor, const Tile &tile,
                Accumulators &accumulators) const;
  void emitSharedStep(Emitter &emit, const Cursor &cursor, const Tile &tile,
                      Accumulators &accumulators) const;
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> unpack(Emitter &emit, const Tile &tile,
                                                           const Accumulators &accumulators) const;
  llvm::SmallVector<mlir::Value> rowSums(Emitter &emit, const Frame &frame, const Tile &tile) const;
  void subtractRowSums(Emitter &emit, const Frame &frame, const Tile &tile,
                       llvm::SmallVectorImpl<llvm::SmallVector<mlir::Value>> &results) const;

  // DotRowSums.cpp
  std::optional<WindowRow> windowRow() const;
  bool sumsFirst() const;
  void emitPixelSums(Emitter &emit, const Frame &frame, mlir::Value begin, mlir::Value end) const;
  mlir::Value sumsOf(Emitter &emit, mlir::Value sums, mlir::Value image, mlir::Value block) const;
  void addPixelSums(Emitter &emit, const Frame &frame, const Tile &tile,
                    Accumulators &accumulators) const;

  // DotPixelPacks.cpp
  int64_t operandBytes() const;
  int64_t packedStepBytes(int64_t pixels) const;
  int64_t packedTileBytes() const;
  mlir::Value packsOf(Emitter &emit, mlir::Value packs, mlir::Value image, mlir::Value block) const;
  void packTile(Emitter &emit, mlir::Value input, mlir::Value packs, const Tile &tile) const;
  void packPixels(Emitter &emit, const Frame &frame, mlir::Value begin, mlir::Value end) const;

  int64_t inputOffset(int64_t y, int64_t x) const;
  int64_t inputOrigin() const; ///< where the window of the first pixel begins
  void splitIntoUnits();
  int64_t rowBlocks() const;
  // DotBorder.cpp
  static TileProblem problemOf(const DotLayer &layer, const DotRow &row, bool packed);
  static bool skipsColumns(const DotLayer &layer, const DotRow &row, int64_t tileWidth);
  static ColumnWalk columnWalk(const DotLayer &layer, const DotRow &row, const TilePlan &tiles);
  bool skipsRows() const;
  bool everyRowMeetsInput() const;
  std::pair<mlir::Value, mlir::Value> kernelRows(Emitter &emit, mlir::Value block,
                                                 int64_t height) const;
  bool meetsInput(const Tile &tile, int64_t group, int64_t column) const;
  bool tilesKnowBorder() const;

  int64_t aheadPerStep(int64_t vectors) const;
  int64_t tilesPerRow() const;
  int64_t mapParts() const;
  bool hasRowSum() const { return rowSumOffset != 0; }

  DotLayer layer;
  const DotRow &row;
  const RowSet &rows;
  bool packed; ///< operands of pixels are made ahead
  TilePlan tiles;
  ReductionPlan reduction;
  DotPacking packing;
  ParameterBlock block;
  std::optional<Epilogue> epilogue;
  /// What row sums are multiplied by, where it is the same for all channels.
  std::optional<int32_t> uniformFactor;
  llvm::SmallVector<int64_t> biasChannels;
  int64_t biasOffset = 0, rowSumOffset = 0, onesOffset = 0;
};

/// if (value < limit) below() else above()
void branch(Emitter &emit, mlir::Value value, int64_t limit, llvm::function_ref<void()> below,
            llvm::function_ref<void()> above);

/// Whether a layer's operands of several pixels are gathered once, before the tiles.
bool packsPixels(const DotLayer &layer, const DotRow &row, const ReductionPlan &reduction,
                 int64_t lanes);

/// The row that layers which read `channels` of a pixel should use, if they can.
const DotRow &getRowFor(const RowSet &rows, int64_t channels);

/// Emits the layer as a step; falls back to the scalar row where the target's row cannot walk the
/// input. `args`: input, [residual,] output.
void emitDotLayer(ProgramBuilder &builder, mlir::Operation *op, const DotLayer &layer,
                  const StepArg &input, const std::optional<StepArg> &residual,
                  const StepArg &output);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_DOTKERNEL_H

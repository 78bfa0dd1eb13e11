// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Depthwise convolution through a four-way dot: image rows interleaved by bytes.
#ifndef QOPT_CODEGEN_QUADDEPTHWISEKERNEL_H
#define QOPT_CODEGEN_QUADDEPTHWISEKERNEL_H

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Codegen/DotRow.h"
#include "qopt/Codegen/Epilogue.h"
#include "qopt/Codegen/ProgramBuilder.h"

namespace qopt::codegen {

/// Four rows of the image, interleaved, put four vertical taps of a channel into one lane; a dot
/// with a column of weights sums them. Kernels of three rows at stride 1 give two rows of results
/// from the same four rows of the image: weights (w0, w1, w2, 0) and (0, w0, w1, w2). Columns that
/// the next result needs again are carried along the row. Where the row of dots says so, the vectors
/// of a block are computed one after the other instead of together (QuadDepthwiseByVector.cpp).
class QuadDepthwiseKernel {
public:
  /// Whether the layer can take this way through `rows`.
  static bool serves(const DotLayer &layer, const RowSet &rows);
  /// What it likes to read around an input of so many channels, where results are `width` wide.
  static Halo haloFor(const Window &window, int64_t channels, int64_t width, const RowSet &rows);

  QuadDepthwiseKernel(const DotLayer &layer, const RowSet &rows);
  QuadDepthwiseKernel(const QuadDepthwiseKernel &) = delete;

  std::string getName() const;
  std::string getSignature() const;
  llvm::ArrayRef<char> getParameters() const { return block.getBytes(); }
  BiasWords getBiasWords() const { return {biasOffset, biasChannels}; }
  /// A unit is a strip of one or two rows of results.
  int64_t getUnits() const;
  int64_t getMacsPerUnit() const;

  /// `pointers` are input, parameters, output.
  void emit(mlir::OpBuilder &builder, mlir::Location loc, mlir::ValueRange pointers,
            mlir::Value begin, mlir::Value end) const;

private:
  using Column = llvm::SmallVector<mlir::Value>; ///< [quad of rows][vector]
  struct Frame {
    mlir::Value input, parameters, output; ///< at the strip, then at the block of channels
    Epilogue::State state;
    mlir::Value firstLane;
    llvm::SmallVector<RequantizeBuilder::Operands> operands;
  };

  Frame frameOf(Emitter &emit, mlir::ValueRange pointers, const Epilogue::State &state,
                mlir::Value image, mlir::Value strip) const;
  Frame blockOf(Emitter &emit, const Frame &strip, mlir::Value block) const;
  void loadOperands(Emitter &emit, Frame &frame) const;
  void packWeights(llvm::ArrayRef<int64_t> firstChannels);
  int32_t weightAt(int64_t channel, int64_t quadRow, int64_t result, int64_t x) const;

  void emitStrip(Emitter &emit, const Frame &frame, int64_t results) const;
  void emitBlock(Emitter &emit, const Frame &frame, int64_t results) const;
  llvm::SmallVector<mlir::Value> emitResults(Emitter &emit, const Frame &frame, mlir::Value x,
                                             int64_t count, mlir::ValueRange carried,
                                             int64_t results) const;
  mlir::Value loadUsed(Emitter &emit, mlir::Value address) const;
  mlir::Value loadRow(Emitter &emit, mlir::Value address) const;
  Column loadColumn(Emitter &emit, const Frame &frame, mlir::Value x, int64_t distance,
                    int64_t results) const;
  using Sums = llvm::SmallVector<mlir::Value, 4>; ///< of one result, by vector
  void emitPixels(Emitter &emit, const Frame &frame, mlir::Value x,
                  llvm::ArrayRef<llvm::SmallVector<Column>> windows, int64_t results) const;
  void emitVector(Emitter &emit, const Frame &frame,
                  llvm::ArrayRef<llvm::SmallVector<Column>> windows, int64_t result, int64_t v,
                  llvm::MutableArrayRef<Sums> sums) const;
  void storeCodes(Emitter &emit, const Frame &frame, llvm::ArrayRef<mlir::Value> sums,
                  mlir::Value x, int64_t offset) const;
  mlir::Value weightsOf(Emitter &emit, const Frame &frame, int64_t x, int64_t quad, int64_t result,
                        int64_t vector) const;

  // QuadDepthwiseByVector.cpp
  class VectorWalk;
  bool runsByVector() const;
  void emitByVector(Emitter &emit, mlir::ValueRange pointers, const Epilogue::State &state,
                    mlir::Value begin, mlir::Value end) const;

  /// The channel of lane `lane` of the block that begins at channel `first`.
  int64_t channelOf(int64_t first, int64_t lane) const {
    return layer.output.c < quads.getBlockChannels() ? lane % layer.output.c : first + lane;
  }
  /// Bytes of a vector that hold codes of the layer.
  int64_t usedBytes() const;
  int64_t channelMultiple() const;
  int64_t blockCount() const;
  int64_t quadCount() const;
  int64_t resultRows() const;
  /// Columns that the next pixel needs again.
  int64_t carriedColumns() const;
  int64_t weightBytesPerBlock() const;

  DotLayer layer;
  const RowSet &rows;
  const QuadRow &quads;
  int64_t pixels;  ///< side by side in a vector
  int64_t vectors; ///< of lanes that a block of channels makes
  ParameterBlock block;
  std::optional<Epilogue> epilogue;
  llvm::SmallVector<int64_t> biasChannels;
  int64_t biasOffset = 0, weightOffset = 0;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_QUADDEPTHWISEKERNEL_H

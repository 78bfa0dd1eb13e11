// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Depthwise convolution by multiplying and adding 32-bit lanes: any kernel, stride, dilation,
// multiplier and zero point.
#ifndef QOPT_CODEGEN_DEPTHWISEKERNEL_H
#define QOPT_CODEGEN_DEPTHWISEKERNEL_H

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Codegen/Epilogue.h"
#include "qopt/Codegen/ProgramBuilder.h"

namespace qopt::codegen {

/// The layer is a convolution of as many groups as input channels. Vectors of channels where every
/// group has one output, else scalars.
class DepthwiseKernel {
public:
  DepthwiseKernel(const DotLayer &layer, const RowSet &rows);
  DepthwiseKernel(const DepthwiseKernel &) = delete;

  std::string getName() const;
  std::string getSignature() const;
  llvm::ArrayRef<char> getParameters() const { return block.getBytes(); }
  BiasWords getBiasWords() const { return {biasOffset, biasChannels}; }
  /// A unit is a row of results.
  int64_t getUnits() const { return layer.output.n * layer.output.h; }
  int64_t getMacsPerUnit() const;

  /// `pointers` are input, parameters, output.
  void emit(mlir::OpBuilder &builder, mlir::Location loc, mlir::ValueRange pointers,
            mlir::Value begin, mlir::Value end) const;

private:
  struct Frame {
    mlir::Value input, parameters, output; ///< at one pixel
    Epilogue::State state;
  };

  void emitPixel(Emitter &emit, const Frame &frame) const;
  void emitVector(Emitter &emit, const Frame &frame, mlir::Value lane, int64_t channels) const;
  mlir::Value reduce(Emitter &emit, const Frame &frame, mlir::Value lane, int64_t channels,
                     mlir::Value accumulator) const;

  DotLayer layer;
  const RowSet &rows;
  ParameterBlock block;
  std::optional<Epilogue> epilogue;
  llvm::SmallVector<int64_t> biasChannels;
  int64_t laneCount, biasOffset = 0, weightOffset = 0;
};

/// Emits the layer as a step, by the best kernel that serves it.
void emitDepthwiseLayer(ProgramBuilder &builder, mlir::Operation *op, const DotLayer &layer,
                        const StepArg &input, const StepArg &output);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_DEPTHWISEKERNEL_H

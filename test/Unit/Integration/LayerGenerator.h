// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The layers that random networks are made of.
#ifndef QOPT_TEST_UNIT_INTEGRATION_LAYERGENERATOR_H
#define QOPT_TEST_UNIT_INTEGRATION_LAYERGENERATOR_H

#include "NetworkGenerator.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

#include <cmath>

namespace qopt::test {

/// Element counts that keep a network small enough to interpret.
inline constexpr int64_t kMaxElements = 6000;
inline constexpr int64_t kMaxMacs = 400000;

/// Draws layers one after the other; a layer that does not fit its input is null and drawn again.
class LayerGenerator {
public:
  LayerGenerator(mlir::func::FuncOp function, Contract contract, const TileSizes &tiles,
                 Random &random)
      : builder(mlir::OpBuilder::atBlockEnd(&function.front())), loc(function.getLoc()),
        contract(contract), tiles(tiles), random(random) {}

  /// Runs from the argument to the values to return.
  llvm::SmallVector<mlir::Value> build(mlir::Value input);

private:
  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return llvm::cast<mlir::ShapedType>(value.getType()).getShape();
  }
  static float scaleOf(mlir::Value value) { return getQuantParams(value.getType())->scale(0); }
  static int64_t elementsOf(llvm::ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t dim : shape)
      count *= dim;
    return count;
  }
  mlir::RankedTensorType like(mlir::Value value, llvm::ArrayRef<int64_t> shape) {
    return mlir::RankedTensorType::get(
        shape, llvm::cast<mlir::ShapedType>(value.getType()).getElementType());
  }
  mlir::quant::QuantizedType activationType(double scale) {
    // Zero points at both ends and symmetric grids occur as well as ordinary ones.
    int64_t zero = random.chance(0.2)   ? 0
                   : random.chance(0.2) ? (random.chance(0.5) ? -128 : 127)
                                        : random.range(-100, 100);
    bool narrow = random.chance(0.1);
    if (narrow)
      zero = std::max<int64_t>(zero, -127);
    return getPerTensorType(builder.getContext(), static_cast<float>(scale), zero,
                            narrow ? -127 : -128, 127);
  }
  mlir::DenseI64ArrayAttr array(llvm::ArrayRef<int64_t> values) {
    return builder.getDenseI64ArrayAttr(values);
  }
  /// Narrow weights, or at times of the whole storage and with -128 among them, per axis or per
  /// tensor; then at times with a zero point.
  mlir::Value weights(llvm::ArrayRef<int64_t> shape, int64_t axis,
                      llvm::SmallVector<float> &scales);
  /// Of a layer's result: few, at times many, and often one off a tile.
  int64_t channelCount(int64_t few, int64_t many);
  mlir::Value bias(int64_t channels, double magnitude);
  /// Bounds of a clamp in real units, for a result of `scale`; both null often.
  std::pair<mlir::DenseF32ArrayAttr, mlir::DenseF32ArrayAttr> clamps(double scale,
                                                                     int64_t channels);
  /// Scale of a result whose accumulator sums `terms` products and should spread over the grid.
  double resultScale(double inputScale, llvm::ArrayRef<float> weightScales, int64_t terms) {
    return inputScale * weightScales[0] * 5400 * std::sqrt(double(terms)) / random.real(25, 90);
  }
  Window randomWindow(mlir::Value input, bool padBelowKernel, bool dilate);

  mlir::Value conv(mlir::Value input) { return conv(input, /*floatResult=*/false); }
  mlir::Value conv(mlir::Value input, bool floatResult);
  mlir::Value depthwise(mlir::Value input);
  mlir::Value binary(mlir::Value input);
  mlir::Value averagePool(mlir::Value input);
  mlir::Value maxPool(mlir::Value input);
  mlir::Value mean(mlir::Value input);
  mlir::Value concat(mlir::Value input);
  mlir::Value pad(mlir::Value input);
  mlir::Value reshape(mlir::Value input);
  mlir::Value transpose(mlir::Value input);
  mlir::Value slice(mlir::Value input);
  mlir::Value resize(mlir::Value input);
  mlir::Value clamp(mlir::Value input);
  mlir::Value lookup(mlir::Value input);
  mlir::Value requantize(mlir::Value input);
  mlir::Value softmax(mlir::Value input);
  mlir::Value matmul(mlir::Value input, bool floatResult);
  mlir::Value next(mlir::Value input);
  mlir::Value finish(mlir::Value value);

  mlir::OpBuilder builder;
  mlir::Location loc;
  Contract contract;
  const TileSizes &tiles;
  Random &random;
  llvm::SmallVector<mlir::Value> made; ///< quantized activations so far
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_INTEGRATION_LAYERGENERATOR_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arguments that are raw pixels.
#ifndef QOPT_DIALECT_QOPT_IR_PIXELINPUT_H
#define QOPT_DIALECT_QOPT_IR_PIXELINPUT_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qopt {

/// On an argument: it holds pixels, whole numbers from 0 to 255, where the imported network took
/// (pixel - mean) / deviation. A dictionary of the members of PixelInput.
constexpr llvm::StringLiteral kPixelsAttr = "qopt.pixels";

struct PixelInput {
  llvm::SmallVector<float> mean, deviation; ///< one, or one per channel; deviations are positive
  int64_t axis = -1;                        ///< the dimension of the channels

  /// What the imported network took for `pixel`, and back to the nearest pixel.
  float normalize(float pixel, size_t channel) const {
    return (pixel - pick(mean, channel)) / pick(deviation, channel);
  }
  float toPixel(float value, size_t channel) const;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  /// None where `attribute` is not what toAttribute makes.
  static std::optional<PixelInput> get(mlir::Attribute attribute);

  static float pick(llvm::ArrayRef<float> values, size_t channel) {
    return values[values.size() == 1 ? 0 : channel];
  }
};

/// None for an argument that is no image of pixels.
std::optional<PixelInput> getPixelInput(mlir::func::FuncOp function, unsigned argument);

/// Checks the attribute on an argument of type `type`; errors are reported on `op`.
llvm::LogicalResult verifyPixelInput(mlir::Operation *op, mlir::Type type,
                                     mlir::Attribute attribute);

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_PIXELINPUT_H

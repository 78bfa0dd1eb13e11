// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Grids of parameters, from their values.
#ifndef QOPT_CALIBRATION_PARAMETERGRIDS_H
#define QOPT_CALIBRATION_PARAMETERGRIDS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Quantization/Bias.h"
#include "qopt/Quantization/Grid.h"

namespace qopt {

/// Least and greatest element of a float constant. Reports at `user`, by its layer name, a constant
/// that is not float or holds NaN or infinities.
mlir::FailureOr<numerics::Range> getParameterRange(mlir::Operation *user, ConstantOp constant);

/// The per-tensor type of a constant of `user` that stands in the place of an activation.
mlir::FailureOr<mlir::quant::UniformQuantizedType> getConstantType(mlir::Operation *user,
                                                                   ConstantOp constant,
                                                                   numerics::Symmetry symmetry,
                                                                   numerics::Scales scales);

/// How the grids of weights are chosen.
struct WeightsGridOptions {
  bool perChannel = true;
  /// Scales of least squared rounding error, instead of those that clip no weight.
  bool searchScales = false;
  int64_t biasLimit = numerics::kBiasLimit32; ///< largest |q| of a bias
  numerics::Scales scales = numerics::Scales::Any;
};

/// The type of the weights of `layer`: symmetric narrow range, with scales raised until the bias
/// fits its limit on an input of scale `inputScale` (a remark says so). Reports weights or a bias
/// that are not finite constants.
mlir::FailureOr<mlir::quant::QuantizedType>
getWeightsType(WeightedOpInterface layer, float inputScale, const WeightsGridOptions &options);

} // namespace qopt

#endif // QOPT_CALIBRATION_PARAMETERGRIDS_H

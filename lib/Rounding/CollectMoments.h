// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moments of a layer's inputs over example data.
#ifndef QOPT_LIB_ROUNDING_COLLECTMOMENTS_H
#define QOPT_LIB_ROUNDING_COLLECTMOMENTS_H

#include "LayerGeometry.h"

#include "qopt/Calibration/SampleSource.h"
#include "qopt/Quantization/InputMoments.h"

namespace qopt {

/// Runs `source` through `function` as far as the activation of `layer` and returns the moments of
/// the layer's inputs, one per group. The same bits for any number of threads.
llvm::Expected<std::vector<numerics::InputMoments>>
collectMoments(mlir::func::FuncOp function, WeightedOpInterface layer,
               const LayerGeometry &geometry, const SampleSource &source, unsigned threads);

} // namespace qopt

#endif // QOPT_LIB_ROUNDING_COLLECTMOMENTS_H

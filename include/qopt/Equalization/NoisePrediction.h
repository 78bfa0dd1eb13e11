// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the noise model says of a network as it is.
#ifndef QOPT_EQUALIZATION_NOISEPREDICTION_H
#define QOPT_EQUALIZATION_NOISEPREDICTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"

namespace qopt {

/// Energy that rounding is predicted to leave in the outputs of the network, summed over their
/// elements, per run.
struct NoisePrediction {
  llvm::DenseMap<mlir::Operation *, double> weights; ///< of a layer
  llvm::DenseMap<mlir::Value, double> activations;   ///< of a value that is stored in 8 bits

  double getWeights(mlir::Operation *layer) const { return weights.lookup(layer); }
  double getActivation(mlir::Value value) const { return activations.lookup(value); }
};

/// Predicts from the samples of the array file `data` and the weights of `network`, which is of the
/// float level and prepared; see qopt-equalize-noise-model. An error says what does not fit.
llvm::Expected<NoisePrediction> predictNoise(mlir::func::FuncOp network, llvm::StringRef data,
                                             bool perChannelWeights);

} // namespace qopt

#endif // QOPT_EQUALIZATION_NOISEPREDICTION_H

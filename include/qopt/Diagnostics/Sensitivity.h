// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which layers cost a quantized network most of its accuracy: measured on mixed networks, in which
// some layers are quantized and the others in float.
#ifndef QOPT_DIAGNOSTICS_SENSITIVITY_H
#define QOPT_DIAGNOSTICS_SENSITIVITY_H

#include "qopt/Analysis/Fidelity.h"
#include "qopt/Calibration/SampleSource.h"
#include "qopt/Equalization/NoisePrediction.h"

#include <optional>

namespace qopt {

struct SensitivityOptions {
  unsigned threads = 1;
  bool plainFloat = false;                     ///< the float engine of plain loops
  std::optional<int64_t> mostBatches;          ///< leading batches to run; none: all
  unsigned mostKept = 5;                       ///< length of Sensitivity::kept
  const NoisePrediction *prediction = nullptr; ///< of the float network; null: none
  /// Called with the number of runs done and the total; may be null.
  llvm::function_ref<void(int64_t, int64_t)> progress = nullptr;
};

/// One place where values are rounded, with the weights that go into it.
struct SiteSensitivity {
  std::string name;
  mlir::Operation *exact = nullptr;    ///< whose result is rounded; null: an input of the network
  mlir::Operation *weighted = nullptr; ///< the layer whose weights are rounded, if any
  int64_t macs = 0, weights = 0;
  Fidelity onlyQuantized; ///< all others in float
  Fidelity keptFloat;     ///< all others quantized
  /// What the noise model says of `onlyQuantized`.
  std::optional<double> predictedSqnrDb;
};

/// The first so many layers of an order, kept in float together.
struct KeptLayers {
  std::vector<size_t> sites; ///< of Sensitivity::sites
  int64_t macs = 0;          ///< in float
  Fidelity outputs;
};

struct Sensitivity {
  std::vector<SiteSensitivity> sites; ///< in the order of the network
  Fidelity allQuantized;
  /// Layers by what they bring in float, most first, cumulated.
  std::vector<KeptLayers> kept;
  int64_t macs = 0;            ///< of the whole network
  int64_t batches = 0;         ///< runs of the network
  bool correctsBiases = false; ///< mixed networks have corrected biases, for the quantized one has
};

/// Mixes `exact`, of the float level, and `quantized`, which was made from it and keeps its
/// interface (io=float). A quantized layer has the weights and the bias that it has in the integer
/// program, and its result is rounded to the grid there; the float engine computes the sums.
/// Constants in the place of activations stay in float.
///
/// Where the biases of `quantized` have been corrected, a correction makes up for errors that a
/// mixed network does not have, or lacks one for others. So each layer that is on its own in a
/// mixed network gets the mean that it has in the network that surrounds it.
///
/// Samples are streamed; memory does not grow with their number. The figures do not depend on the
/// number of threads. Leaves resources of constants behind in the context.
llvm::Expected<Sensitivity> measureSensitivity(mlir::func::FuncOp exact,
                                               mlir::func::FuncOp quantized,
                                               const SampleSource &source,
                                               const SensitivityOptions &options = {});

} // namespace qopt

#endif // QOPT_DIAGNOSTICS_SENSITIVITY_H

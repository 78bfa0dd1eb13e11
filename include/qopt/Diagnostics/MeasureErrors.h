// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The integer program beside the float network, layer by layer, on example data.
#ifndef QOPT_DIAGNOSTICS_MEASUREERRORS_H
#define QOPT_DIAGNOSTICS_MEASUREERRORS_H

#include "qopt/Analysis/ErrorStatistics.h"
#include "qopt/Analysis/Fidelity.h"
#include "qopt/Analysis/LayerPairs.h"
#include "qopt/Calibration/SampleSource.h"
#include "qopt/Quantization/Histogram.h"
#include "qopt/Target/Target.h"

#include <optional>

namespace qopt {

struct MeasureOptions {
  const Target *target = nullptr; ///< what the integer program is compiled for; null: host
  unsigned threads = 1;
  bool plainFloat = false;            ///< the float engine of plain loops
  bool histograms = false;            ///< also count the values of the float network
  std::optional<int64_t> mostBatches; ///< leading batches to run; none: all
  /// Called after batches have been run, with the number done and the total; may be null.
  llvm::function_ref<void(int64_t, int64_t)> progress = nullptr;
};

struct LayerErrors {
  LayerPair pair;
  ErrorStatistics statistics;
  numerics::Histogram values; ///< of the float network; empty unless asked for
};

struct NetworkErrors {
  std::vector<LayerErrors> layers; ///< in the order of the quantized network
  std::vector<numerics::Histogram> inputs;
  Fidelity outputs;
  int64_t batches = 0;
};

/// An error that says so where the two do not have the same inputs and float outputs; `quantized`
/// may take codes of the inputs.
llvm::Error checkSameInterface(mlir::func::FuncOp exact, mlir::func::FuncOp quantized);

/// Runs both networks on the same samples: `exact` of the float level on the float engine,
/// `quantized`, which was made from it and keeps its interface (io=float), compiled. The two may
/// live in different contexts. Samples run in parallel, but are summed in their order: the figures
/// do not depend on the number of threads. An error names what stands in the way: interfaces that
/// differ, or no layer in common.
llvm::Expected<NetworkErrors> measureErrors(mlir::func::FuncOp exact, mlir::func::FuncOp quantized,
                                            const SampleSource &source,
                                            const MeasureOptions &options = {});

} // namespace qopt

#endif // QOPT_DIAGNOSTICS_MEASUREERRORS_H

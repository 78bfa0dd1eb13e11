// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Iterative bias correction of one network.
#ifndef QOPT_LIB_BIASCORRECTION_BIASCORRECTOR_H
#define QOPT_LIB_BIASCORRECTION_BIASCORRECTOR_H

#include "LinearLayer.h"
#include "TunableNetwork.h"

#include "qopt/Calibration/SampleSource.h"
#include "qopt/Quantization/Grid.h"

namespace qopt {

struct BiasCorrectionOptions {
  bool before = true, after = false; ///< mode: which means are corrected
  unsigned steps = 3;                ///< of Newton, after the clamp
  double leastSlope = 0.05;
  int64_t limit = 0;             ///< largest |bias| as stored
  bool correctsResiduals = true; ///< the shift that a residual operand brings along
};

class BiasCorrector {
public:
  /// `network` runs `function`, every layer of which has a bias of its own.
  BiasCorrector(mlir::func::FuncOp function, TunableNetwork &network, const SampleSource &source,
                unsigned threads, const BiasCorrectionOptions &options)
      : function(function), network(network), source(source), threads(threads), options(options) {}

  llvm::Error run();
  /// Writes the corrected biases into the IR; returns how many channels changed.
  int64_t commit();

private:
  struct Layer {
    WeightedOpInterface op;
    LinearLayer linear;
    numerics::Grid input;
    std::vector<int32_t> weights; ///< minus their zero points
    std::vector<double> scales;   ///< s_x·s_w, one per channel
    std::vector<int32_t> bias, original;
    std::vector<double> before, after; ///< float means to reach
    mlir::Value residual;              ///< whose mean is part of `before`; or null

    bool isFloat() const;
  };
  /// What is measured after the clamp.
  struct ClampedMeans {
    std::vector<double> errors; ///< float mean minus integer mean
    std::vector<double> slopes; ///< share of results strictly inside of the bounds
  };

  Layer describe(WeightedOpInterface op) const;
  llvm::Error correctBefore(Layer &layer);
  llvm::Error correctAfter(Layer &layer);
  llvm::Expected<std::vector<double>> measureBefore(const Layer &layer);
  llvm::Expected<ClampedMeans> measureAfter(const Layer &layer);
  llvm::Error setBias(Layer &layer, llvm::ArrayRef<int32_t> bias);
  int32_t moveBias(const Layer &layer, size_t channel, double error) const;

  /// Runs all data; `add` adds what it finds in the taps to sums that are integers, so that their
  /// order does not matter.
  using AddFn = llvm::function_ref<void(llvm::ArrayRef<Tensor>, llvm::MutableArrayRef<double>)>;
  llvm::Expected<std::vector<double>> sumOverData(llvm::ArrayRef<mlir::Value> taps, size_t numSums,
                                                  AddFn add);
  llvm::SmallVector<Tensor> makeInputs(llvm::ArrayRef<std::vector<float>> values) const;

  mlir::func::FuncOp function;
  TunableNetwork &network;
  const SampleSource &source;
  unsigned threads;
  const BiasCorrectionOptions &options;
  std::vector<Layer> layers;
};

} // namespace qopt

#endif // QOPT_LIB_BIASCORRECTION_BIASCORRECTOR_H

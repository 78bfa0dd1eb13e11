// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The noise that quantizing a network to 8 bits is predicted to leave in its outputs, as a function
// of the scales of its channels.
#ifndef QOPT_LIB_EQUALIZATION_NOISEMODEL_H
#define QOPT_LIB_EQUALIZATION_NOISEMODEL_H

#include "ScaledLayer.h"
#include "Sensitivity.h"
#include "qopt/Equalization/NoisePrediction.h"
#include "qopt/Transforms/ChannelPath.h"

namespace qopt {

/// By layer and input channel: d energy / d log(greatest weights), as far as these are weights for
/// that channel.
using PeakSlopes = llvm::DenseMap<mlir::Operation *, std::vector<double>>;

/// With u = log(scale) per channel and F, S the sensitivities of the outputs to weights and to
/// activations, the energy of the noise is
///
///   sum over layers of  r sum_oi F_oi (D_o^2 / 12) e^(2 u_o - 2 u_i)                   weights
///   + sum over rounded activations of  sum_i S_i (D^2 / 12) e^(2 u_i)                  activations
///
/// where D is the step of the grid under these scales: max|w e^(u_i - u_o)| / 127 over the tensor
/// or the row, and (max hi_i e^(-u_i) - min lo_i e^(-u_i)) / 255, with ranges that new data will
/// hardly leave; F_oi sums over the weights
/// between two channels that are not zero, for zero is on every grid; r is what the way of rounding
/// leaves of the weights' noise.
class NoiseModel {
public:
  NoiseModel(mlir::func::FuncOp function, const ScaleGraph &graph, const Measurements &measured,
             bool perChannelWeights, double weightNoise = 1.0);

  /// The energy under `logScales`, and its derivatives (one-sided where a maximum has a kink); adds
  /// to `peaks` if there are any.
  double evaluate(llvm::ArrayRef<double> logScales, llvm::MutableArrayRef<double> gradient,
                  PeakSlopes *peaks = nullptr) const;

  /// What each channel of `value` adds to the energy under `logScales`; nothing if the value is not
  /// rounded.
  std::vector<double> getActivationNoise(mlir::Value value, llvm::ArrayRef<double> logScales) const;

  /// Counts with a copy of `channel`. The reader's weights for it are half as large; their noise is
  /// that of the whole, for two halves can be rounded together.
  void addCopy(const ChannelPath &path, int64_t channel);
  /// Of the noise of a channel of `value`, what is left once a copy shares it.
  static double getShareOfCopies(mlir::Value value);

  /// What each term adds to the energy of the network as it is, where all scales are 1.
  NoisePrediction predict(const ScaleGraph &graph) const;

private:
  struct WeightTerm {
    ScaledLayer layer;
    std::vector<double> sensitivity; ///< r F_oi, by pair of channels
  };
  struct ActivationTerm {
    llvm::SmallVector<unsigned> scales;
    std::vector<double> sensitivity, low, high; ///< by channel; low <= 0 <= high
    mlir::Value value;
  };
  struct LayerFactors;
  struct ActivationRange;

  void addActivation(const ScaleGraph &graph, mlir::Value value, const Measurements &measured);
  double addWeightNoise(const WeightTerm &term, llvm::ArrayRef<double> logScales,
                        llvm::MutableArrayRef<double> gradient, PeakSlopes *peaks = nullptr) const;
  double addActivationNoise(const ActivationTerm &term, llvm::ArrayRef<double> logScales,
                            llvm::MutableArrayRef<double> gradient) const;

  bool perChannelWeights;
  std::vector<WeightTerm> weights;
  std::vector<ActivationTerm> activations;
  llvm::DenseMap<mlir::Value, size_t> activationTerms; ///< where in `activations`
};

/// An error for options of passes that the model cannot take.
llvm::Error checkNoiseOptions(llvm::StringRef weights, double weightNoise);

struct MinimizeOptions {
  unsigned steps = 400;
  double rate = 0.1;
  std::vector<double> start = {}; ///< u at first; empty: 0
};

/// What Adam found: the best u of all steps and the energies before and after.
struct NoiseMinimum {
  std::vector<double> logScales;
  double before = 0.0, after = 0.0;
  /// Means over the second half of the steps. At the minimum many weights share the maximum; how
  /// often Adam sees each of them as the greatest is how much the energy would fall without it.
  PeakSlopes peaks;
};

/// Minimizes the logarithm of the energy over the scales that are not fixed. The rate falls to
/// zero: the energy has a kink wherever two channels share a maximum, its minimum lies on many of
/// them, and steps of one size jump to and fro across. Deterministic.
NoiseMinimum minimizeNoise(const NoiseModel &model, const ScaleGraph &graph,
                           const MinimizeOptions &options);

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_NOISEMODEL_H

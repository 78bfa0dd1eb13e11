// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How far a layer of a quantized network is from the same layer of the float network, measured on
// data: per channel and for the layer as a whole. Notation of Finkelstein, Almog and Grobman,
// "Fighting quantization bias with bias": x the float value, x^q the quantized one, e = x^q - x,
// and E the mean over samples and positions.
#ifndef QOPT_ANALYSIS_ERRORSTATISTICS_H
#define QOPT_ANALYSIS_ERRORSTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace qopt {

/// The measures of one channel or one layer. A quotient 0/0 is 0: no error on no signal is none.
struct ErrorFigures {
  double mas = 0;       ///< mean activation shift E[x^q] - E[x], in units of the activation
  double mssr = 0;      ///< mean shift to signal, E[e] / sqrt(E[x^2])
  double rqnsr = 0;     ///< root of noise to signal, sqrt(E[e^2] / E[x^2])
  double biasShare = 0; ///< share of the error's energy that is its mean, E[e]^2 / E[e^2], 0 to 1
  double sqnrDb = 0;    ///< 10 log10(E[x^2] / E[e^2]); infinite without an error
  double signal = 0;    ///< E[x^2]
  double noise = 0;     ///< E[e^2]
};

/// Sums over any number of samples in memory that depends on the number of channels alone. The same
/// values added in the same order give the same bits; so whoever works in parallel adds each sample
/// to an object of its own and merges these in sample order.
class ErrorStatistics {
public:
  explicit ErrorStatistics(int64_t channels) : sums(channels) {}

  int64_t numChannels() const { return static_cast<int64_t>(sums.size()); }

  /// Adds values whose last dimension is the channel; both of one size, a multiple of the number of
  /// channels.
  void add(llvm::ArrayRef<float> exact, llvm::ArrayRef<float> quantized);
  /// Adds what `other`, of as many channels, has seen.
  void merge(const ErrorStatistics &other);

  ErrorFigures channel(int64_t index) const;
  /// All channels together: energies are means over the channels, and the shift is the root mean
  /// square of the channels' shifts, so that shifts of opposite sign do not hide each other.
  ErrorFigures layer() const;
  /// The channel with the most error energy, the first of equals.
  int64_t worstChannel() const;

private:
  struct Sums {
    int64_t count = 0;
    double error = 0, errorSquared = 0, signalSquared = 0;
  };
  std::vector<Sums> sums;
};

} // namespace qopt

#endif // QOPT_ANALYSIS_ERRORSTATISTICS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How near the outputs of an integer program are to those of the float network.
#ifndef QOPT_ANALYSIS_FIDELITY_H
#define QOPT_ANALYSIS_FIDELITY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/JSON.h"

namespace qopt {

/// Sums over rows: the last dimension of an output, of which the mean is no information (softmax
/// does not see it).
class Fidelity {
public:
  /// One row.
  void add(llvm::ArrayRef<float> exact, llvm::ArrayRef<float> approximate);
  /// The rows of `size` elements that an output consists of.
  void addRows(llvm::ArrayRef<float> exact, llvm::ArrayRef<float> approximate, size_t size);
  /// Adds what `other` has seen.
  void merge(const Fidelity &other);

  /// 10·log10(sum of squares / sum of squared errors), each row's mean removed.
  double sqnrDb() const;
  /// Mean divergence of softmax, exact against approximate, in nats.
  double divergence() const;
  /// Share of the rows with the same greatest element.
  double agreement() const;

  /// Sum of the squares, each row's mean removed, over all rows.
  double signalEnergy() const { return signal; }

  llvm::json::Object toJson() const;

private:
  double signal = 0, noise = 0, klSum = 0;
  long rows = 0, same = 0;
};

} // namespace qopt

#endif // QOPT_ANALYSIS_FIDELITY_H

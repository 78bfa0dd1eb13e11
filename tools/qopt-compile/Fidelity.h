// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How near the outputs of an integer program are to those of the float network.
#ifndef QOPT_TOOLS_COMPILE_FIDELITY_H
#define QOPT_TOOLS_COMPILE_FIDELITY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/JSON.h"

namespace qopt {

/// Sums over rows: the last dimension of an output, of which the mean is no information (softmax
/// does not see it).
class Fidelity {
public:
  void add(llvm::ArrayRef<float> exact, llvm::ArrayRef<float> approximate);

  /// 10·log10(sum of squares / sum of squared errors), each row's mean removed.
  double sqnrDb() const;
  /// Mean divergence of softmax, exact against approximate, in nats.
  double divergence() const;
  /// Share of the rows with the same greatest element.
  double agreement() const;

  llvm::json::Object toJson() const;

private:
  double signal = 0, noise = 0, klSum = 0;
  long rows = 0, same = 0;
};

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_FIDELITY_H

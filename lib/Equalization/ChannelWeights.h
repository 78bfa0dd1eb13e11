// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A layer's weights seen as a matrix of channels: one entry for every pair of an output channel and
// an input channel that it reads, the taps of a kernel summed up.
#ifndef QOPT_LIB_EQUALIZATION_CHANNELWEIGHTS_H
#define QOPT_LIB_EQUALIZATION_CHANNELWEIGHTS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace qopt {

/// Where each weight of a layer stands between channels. Dense, grouped and depthwise layers differ
/// in nothing else.
class WeightLayout {
public:
  explicit WeightLayout(WeightedOpInterface layer);

  int64_t numOutputs() const { return outputs; }
  int64_t numInputs() const { return inputs; }
  /// Input channels that one output channel reads.
  int64_t numRead() const { return read; }
  /// The `j`-th input channel that output channel `o` reads.
  int64_t getInput(int64_t o, int64_t j) const { return o / outputsPerGroup * inputsPerGroup + j; }

  /// Calls visit(index, o, j) for every element of the weights, in order.
  template <typename VisitFn> void forEach(VisitFn &&visit) const {
    int64_t index = 0;
    if (outputsAreInner) { // depthwise: [taps, C * M]
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t o = 0; o < outputs; ++o)
          visit(index++, o, int64_t{0});
      return;
    }
    for (int64_t o = 0; o < outputs; ++o) // [OC, taps, C / groups]
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t j = 0; j < read; ++j)
          visit(index++, o, j);
  }

private:
  int64_t outputs, inputs, read, taps = 1;
  int64_t outputsPerGroup, inputsPerGroup;
  bool outputsAreInner = false;
};

/// Over the taps of each pair, row major: entry o * numRead() + j.
struct ChannelWeights {
  explicit ChannelWeights(WeightedOpInterface layer);

  WeightLayout layout;
  std::vector<float> maxima; ///< max |w|
};

} // namespace qopt

#endif // QOPT_LIB_EQUALIZATION_CHANNELWEIGHTS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which channel an element of a row-major tensor belongs to.
#ifndef QOPT_DIALECT_QOPT_IR_CHANNELINDEX_H
#define QOPT_DIALECT_QOPT_IR_CHANNELINDEX_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace qopt {

/// Maps a flat index of a tensor of `shape` to its coordinate along `axis`.
class ChannelIndex {
public:
  ChannelIndex(llvm::ArrayRef<int64_t> shape, int64_t axis) : channels(shape[axis]) {
    for (int64_t size : shape.drop_front(axis + 1))
      inner *= size;
  }
  int64_t operator()(int64_t index) const { return index / inner % channels; }
  int64_t size() const { return channels; }

  /// Calls visit(index, coordinate) for `count` elements in order, without a division for each.
  template <typename VisitFn> void forEach(int64_t count, VisitFn &&visit) const {
    int64_t index = 0;
    while (index < count)
      for (int64_t channel = 0; channel < channels; ++channel)
        for (int64_t i = 0; i < inner && index < count; ++i, ++index)
          visit(index, channel);
  }

private:
  int64_t channels, inner = 1;
};

} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_CHANNELINDEX_H

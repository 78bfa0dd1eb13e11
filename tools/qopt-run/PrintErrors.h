// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table and the JSON of --analyze.
#ifndef QOPT_TOOLS_RUN_PRINTERRORS_H
#define QOPT_TOOLS_RUN_PRINTERRORS_H

#include "qopt/Analysis/ErrorStatistics.h"

#include <string>

namespace qopt {

struct LayerErrors {
  std::string layer, op;
  ErrorStatistics statistics;
};

/// Prints `layers`, given in the order of the network, on standard output: as a table with the
/// least SQNR first, or as JSON in the given order with the figures of each channel.
void printErrors(llvm::ArrayRef<LayerErrors> layers, int64_t samples, bool asJson);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_PRINTERRORS_H

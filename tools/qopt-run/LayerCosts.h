// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a layer costs at least: products and bytes, and what the machine does of both.
#ifndef QOPT_TOOLS_RUN_LAYERCOSTS_H
#define QOPT_TOOLS_RUN_LAYERCOSTS_H

#include "Engine.h"

#include "mlir/IR/Operation.h"
#include "llvm/Support/JSON.h"

namespace qopt {

/// Fills in products (those with padding included) and bytes (weights, inputs and results, each
/// moved once) of the layer that `op` is.
void addCosts(mlir::Operation *op, LayerTime &layer);

/// Rates of one thread, measured now.
struct MachineRates {
  double macsPerSecond = 0; ///< dots from registers; 0: scalar rows
  double bytesPerSecond = 0;

  static llvm::Expected<MachineRates> measure(llvm::StringRef target);
  llvm::json::Object toJson() const;
  /// The layer with its share of the peak and its roofline: the least time that one thread could
  /// take, and which of the two rates says so.
  llvm::json::Object describe(const LayerTime &layer) const;
};

} // namespace qopt

#endif // QOPT_TOOLS_RUN_LAYERCOSTS_H

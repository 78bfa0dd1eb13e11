// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which op of the float network computes what an op of the quantized network approximates.
#ifndef QOPT_ANALYSIS_LAYERPAIRS_H
#define QOPT_ANALYSIS_LAYERPAIRS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>
#include <vector>

namespace qopt {

struct LayerPair {
  std::string name;           ///< the layer's name
  mlir::Operation *exact;     ///< in the float network
  mlir::Operation *quantized; ///< its first result approximates that of `exact`
  int64_t position;           ///< of `quantized` in its block
};

/// The layers that both networks have, in the order of the quantized one. Matches by name; a
/// convolution with a residual answers to the addition that it has taken in. Left out: what only
/// moves values, and layers whose shapes differ.
std::vector<LayerPair> pairLayers(mlir::func::FuncOp exact, mlir::func::FuncOp quantized);

} // namespace qopt

#endif // QOPT_ANALYSIS_LAYERPAIRS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A network of the quantized level whose biases can be changed between runs.
#ifndef QOPT_LIB_BIASCORRECTION_TUNABLENETWORK_H
#define QOPT_LIB_BIASCORRECTION_TUNABLENETWORK_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/Tensor.h"

#include <memory>

namespace qopt {

class TunableNetwork {
public:
  virtual ~TunableNetwork() = default;

  /// Runs one batch and returns the values of `taps`: arguments, or results of ops that are not
  /// constants. Different workers may call this at once.
  virtual llvm::Expected<llvm::SmallVector<Tensor>>
  run(unsigned worker, llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<mlir::Value> taps) = 0;

  /// Adds `deltas`, one per channel, to the bias of `layer`, which must have one that nothing else
  /// reads. The IR stays as it is. Not while the network runs.
  virtual llvm::Error addToBias(WeightedOpInterface layer, llvm::ArrayRef<int32_t> deltas) = 0;
};

/// This machine's vector code, for `workers` workers. An error where the host has none.
llvm::Expected<std::unique_ptr<TunableNetwork>> createTunableJit(mlir::func::FuncOp function,
                                                                 unsigned workers);
/// The reference interpreter.
llvm::Expected<std::unique_ptr<TunableNetwork>> createTunableReference(mlir::func::FuncOp function);

} // namespace qopt

#endif // QOPT_LIB_BIASCORRECTION_TUNABLENETWORK_H

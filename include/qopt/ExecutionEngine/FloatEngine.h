// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs networks of levels 1 and 2 in single precision: through a library where one is registered,
// else with plain loops.
#ifndef QOPT_EXECUTIONENGINE_FLOATENGINE_H
#define QOPT_EXECUTIONENGINE_FLOATENGINE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectInterface.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace qopt {

/// A network prepared for repeated runs.
class FloatEngine {
public:
  virtual ~FloatEngine() = default;

  /// Receives the f32 result of tapped ops, row major, in program order.
  using Tap = llvm::function_ref<void(mlir::Operation *op, llvm::ArrayRef<float> result)>;

  /// Runs one batch: inputs[i] holds the elements of argument i; outputs, if any are given, receive
  /// those of the results. Several threads may call this at once, each computes on its own.
  virtual llvm::Error run(llvm::ArrayRef<llvm::ArrayRef<float>> inputs, Tap tap = nullptr,
                          llvm::ArrayRef<llvm::MutableArrayRef<float>> outputs = {}) const = 0;
};

struct FloatEngineOptions {
  /// Which ops the tap of `run` sees; null: the qopt.observe ops. What nobody taps may be fused.
  llvm::function_ref<bool(mlir::Operation *)> tapped = nullptr;
  /// Plain loops even where a library is registered.
  bool plainLoops = false;
};

/// An error names the op that stands in the way: one that is not of levels 1 and 2.
llvm::Expected<std::unique_ptr<FloatEngine>>
createFloatEngine(mlir::func::FuncOp function, const FloatEngineOptions &options = {});

/// What a library that runs float networks registers with the qopt dialect (a registry extension
/// calls `addInterface`); the tools do, libQOpt knows none.
class FloatEngineBackend : public mlir::DialectInterface::Base<FloatEngineBackend> {
public:
  explicit FloatEngineBackend(mlir::Dialect *dialect) : Base(dialect) {}

  /// Prepares a function that is known to consist of float ops.
  virtual llvm::Expected<std::unique_ptr<FloatEngine>>
  create(mlir::func::FuncOp function, const FloatEngineOptions &options) const = 0;

  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FloatEngineBackend)
};

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_FLOATENGINE_H

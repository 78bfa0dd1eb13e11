// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The repairs of a compilation one after the other, and what each of them did to each layer.
#ifndef QOPT_TOOLS_COMPILE_REPAIRSTEPS_H
#define QOPT_TOOLS_COMPILE_REPAIRSTEPS_H

#include "Options.h"

#include "qopt/Diagnostics/MeasureErrors.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"

namespace qopt {

/// The options up to one repair.
struct RepairStep {
  std::string name; ///< "plain", "equalize=noise-model", …
  DriverOptions options;
};

/// From no repair to all that `options` ask for, in the order that they are applied in.
std::vector<RepairStep> listRepairSteps(const DriverOptions &options);

/// A step, done.
struct StepResult {
  RepairStep step;
  mlir::OwningOpRef<mlir::ModuleOp> exactModule, quantizedModule;
  mlir::func::FuncOp exact, quantized;
  NetworkErrors errors;
};

/// Something that was done to a layer.
struct LayerAction {
  std::string step;  ///< the name of the step that did it
  std::string kind;  ///< "dead", "equalized", "clamp", "split", "rounded" or "bias"
  std::string label; ///< a word or two
  std::string text;  ///< a sentence
};
using LayerActions = llvm::StringMap<std::vector<LayerAction>>; ///< by name of the layer

/// Adds what the plain step did to the imported network: constant channels.
void addPreparation(mlir::func::FuncOp imported, const StepResult &plain, LayerActions &actions);
/// Adds what distinguishes a step from the one before.
void addRepair(const StepResult &before, const StepResult &after, LayerActions &actions);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_REPAIRSTEPS_H

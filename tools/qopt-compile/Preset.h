// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Presets: options for accuracy that nobody has to choose by hand.
#ifndef QOPT_TOOLS_COMPILE_PRESET_H
#define QOPT_TOOLS_COMPILE_PRESET_H

#include "ModelFile.h"
#include "Options.h"

#include "llvm/Support/JSON.h"

namespace qopt {

/// Sets the options that `options.preset` stands for, and returns what the report says about it.
///
/// `fast` corrects biases before the activation and, for per-tensor weights, equalizes across
/// layers. `best` tries recipes on three quarters of the example inputs, at most 48, and keeps the
/// one whose integer program has the least error on up to 32 of the others. The model, of the
/// float level, stays as it is.
llvm::Expected<llvm::json::Value> choosePreset(DriverOptions &options, Model &model);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_PRESET_H

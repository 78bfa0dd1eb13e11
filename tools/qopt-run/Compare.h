// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --dump-tensors and --compare: every op's result of one call.
#ifndef QOPT_TOOLS_RUN_COMPARE_H
#define QOPT_TOOLS_RUN_COMPARE_H

#include "Engine.h"

namespace qopt {

/// Writes every op's result on one batch as `dir/NNN_LAYER.npy`.
llvm::Error dumpTensors(Engine &engine, llvm::ArrayRef<const void *> inputs, llvm::StringRef dir);

/// Runs both engines on one batch and describes the first difference ("all N tensors are equal"
/// where there is none; `differ` tells which).
llvm::Expected<std::string> compareEngines(Engine &first, Engine &second,
                                           llvm::ArrayRef<const void *> inputs, bool &differ);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_COMPARE_H

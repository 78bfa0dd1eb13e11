// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The stages of a compilation, from a model file to the output folder.
#ifndef QOPT_TOOLS_COMPILE_COMPILE_H
#define QOPT_TOOLS_COMPILE_COMPILE_H

#include "Options.h"

namespace qopt {

/// Compiles as `options` say. An error is one sentence with file, node and remedy.
llvm::Error compile(const DriverOptions &options);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_COMPILE_H

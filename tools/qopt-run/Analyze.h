// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --analyze: the error of every layer of a quantized network against the float network, and with
// --sensitivity what each of them costs and brings.
#ifndef QOPT_TOOLS_RUN_ANALYZE_H
#define QOPT_TOOLS_RUN_ANALYZE_H

#include "Options.h"

namespace qopt {

/// Runs the float network `options.model` and the quantized one `options.analyze` on all samples
/// and prints the layers, worst first, as tables or as JSON.
llvm::Error analyze(const RunOptions &options);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_ANALYZE_H

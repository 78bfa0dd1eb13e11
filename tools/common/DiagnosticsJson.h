// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What diagnostics found, as JSON. Keys are documented in docs/Report.md.
#ifndef QOPT_TOOLS_COMMON_DIAGNOSTICSJSON_H
#define QOPT_TOOLS_COMMON_DIAGNOSTICSJSON_H

#include "qopt/Diagnostics/MeasureErrors.h"
#include "qopt/Diagnostics/Sensitivity.h"

#include "llvm/Support/JSON.h"

namespace qopt {

/// A number, or null where JSON has none: infinities.
llvm::json::Value toJsonNumber(double value);

llvm::json::Object toJson(const ErrorFigures &figures);
llvm::json::Object toJson(const Sensitivity &sensitivity);

/// The op's name without its dialect.
std::string getShortOpName(mlir::Operation *op);

} // namespace qopt

#endif // QOPT_TOOLS_COMMON_DIAGNOSTICSJSON_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME.report.html: the report as one page that loads nothing from elsewhere.
#ifndef QOPT_TOOLS_COMPILE_HTMLREPORT_H
#define QOPT_TOOLS_COMPILE_HTMLREPORT_H

#include "llvm/Support/JSON.h"
#include <string>

namespace qopt {

/// The page: the template of report/ with `report`, the contents of NAME.report.json, and `details`
/// embedded as JSON. `name` is a C identifier.
std::string makeHtmlReport(llvm::StringRef name, const llvm::json::Value &report,
                           const llvm::json::Object &details);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_HTMLREPORT_H

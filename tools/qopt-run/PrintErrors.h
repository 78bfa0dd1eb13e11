// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tables and the JSON of --analyze.
#ifndef QOPT_TOOLS_RUN_PRINTERRORS_H
#define QOPT_TOOLS_RUN_PRINTERRORS_H

#include "qopt/Diagnostics/MeasureErrors.h"
#include "qopt/Diagnostics/Sensitivity.h"

namespace qopt {

/// Prints on standard output the layers, least SQNR first, and the sensitivity unless it is null,
/// what brings most first.
void printTables(const NetworkErrors &errors, const Sensitivity *sensitivity);
/// The same as JSON: layers in the order of the network, with the figures of each channel.
void printJson(const NetworkErrors &errors, const Sensitivity *sensitivity);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_PRINTERRORS_H

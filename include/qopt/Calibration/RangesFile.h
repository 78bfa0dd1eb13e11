// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calibrated ranges as JSON: {"schema": 1, "ranges": {"conv1": [0.0, 5.5], …}}.
#ifndef QOPT_CALIBRATION_RANGESFILE_H
#define QOPT_CALIBRATION_RANGESFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qopt {

/// A range in real units, single precision as on `qopt.observe`.
struct NamedRange {
  std::string name;
  float lo = 0, hi = 0;
};

/// Writes `ranges` in their order, beside `path` and renamed. Floats are printed so that reading
/// gives the same bits.
llvm::Error writeRangesFile(llvm::StringRef path, llvm::ArrayRef<NamedRange> ranges);

/// Reads a file of schema 1. Errors name the file and what is wrong with it.
llvm::Expected<llvm::StringMap<NamedRange>> readRangesFile(llvm::StringRef path);

} // namespace qopt

#endif // QOPT_CALIBRATION_RANGESFILE_H

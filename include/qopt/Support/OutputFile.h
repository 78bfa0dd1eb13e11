// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that are whole or not there at all.
#ifndef QOPT_SUPPORT_OUTPUTFILE_H
#define QOPT_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace qopt {

using PrintFn = llvm::function_ref<void(llvm::raw_ostream &)>;

/// Writes to `path` what `print` prints; the first error, also a full disk's.
std::error_code printToFile(llvm::StringRef path, PrintFn print);

/// The same beside the file, which is then replaced: no reader ever sees a part of it, and an older
/// one outlives an error. Devices and pipes are written as they are. An error names the file.
llvm::Error writeOutputFile(llvm::StringRef path, PrintFn print);
inline llvm::Error writeOutputFile(llvm::StringRef path, llvm::StringRef contents) {
  return writeOutputFile(path, [&](llvm::raw_ostream &stream) { stream << contents; });
}

} // namespace qopt

#endif // QOPT_SUPPORT_OUTPUTFILE_H

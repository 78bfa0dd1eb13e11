// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The files that a compilation leaves in the output folder.
#ifndef QOPT_TOOLS_COMPILE_OUTPUTS_H
#define QOPT_TOOLS_COMPILE_OUTPUTS_H

#include "Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace qopt {

/// The output folder; every file in it appears whole or not at all.
class OutputFolder {
public:
  explicit OutputFolder(const DriverOptions &options) : options(&options) {}

  /// Makes the folder if it is missing; an error where it cannot be written.
  llvm::Error prepare() const;
  /// DIR/NAME + suffix.
  std::string path(llvm::StringRef suffix) const;

  llvm::Error writeModule(llvm::StringRef suffix, mlir::ModuleOp module) const;
  llvm::Error writeText(llvm::StringRef suffix, llvm::StringRef text) const;
  llvm::Error writeJson(llvm::StringRef suffix, const llvm::json::Value &value) const;
  /// A file whose name does not begin with NAME.
  llvm::Error writeFile(llvm::StringRef fileName, llvm::StringRef text) const;

private:
  const DriverOptions *options;
};

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_OUTPUTS_H

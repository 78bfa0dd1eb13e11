// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The files that a compilation leaves in the output folder.
#ifndef QOPT_TOOLS_COMPILE_OUTPUTS_H
#define QOPT_TOOLS_COMPILE_OUTPUTS_H

#include "Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace qopt {

/// The output folder. Files are written under temporary names and appear together in `commit`; a
/// compilation that fails leaves neither files nor a folder that it has made.
class OutputFolder {
public:
  explicit OutputFolder(const DriverOptions &options) : options(&options) {}
  OutputFolder(const OutputFolder &) = delete;
  ~OutputFolder();

  /// An error where the folder cannot be made or written, before any work is lost to that. Makes
  /// nothing.
  llvm::Error check() const;

  /// The temporary path of a new output called NAME + suffix; makes the folder. What is not `kept`
  /// goes at the end.
  llvm::Expected<std::string> stage(llvm::StringRef suffix, bool kept = true);
  llvm::Error stageModule(llvm::StringRef suffix, mlir::ModuleOp module);
  llvm::Error stageText(llvm::StringRef suffix, llvm::StringRef text);
  llvm::Error stageJson(llvm::StringRef suffix, const llvm::json::Value &value);
  /// A file whose name does not begin with NAME.
  llvm::Error stageFile(llvm::StringRef fileName, llvm::StringRef text);

  /// Gives every staged file its name.
  llvm::Error commit();

private:
  struct StagedFile {
    std::string temporary, target;
    bool kept;
  };

  llvm::Error makeFolder();
  llvm::Expected<std::string> stageName(llvm::StringRef fileName, bool kept = true);

  const DriverOptions *options;
  std::vector<StagedFile> staged;
  std::vector<std::string> madeFolders; ///< outermost first; empty once something is committed
};

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_OUTPUTS_H

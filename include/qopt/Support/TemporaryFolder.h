// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_SUPPORT_TEMPORARYFOLDER_H
#define QOPT_SUPPORT_TEMPORARYFOLDER_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qopt {

/// A folder where temporary files are ($TMPDIR, or else /tmp) that goes with everything in it.
class TemporaryFolder {
public:
  /// PREFIX with a number behind it; an error says how to choose another place.
  static llvm::Expected<TemporaryFolder> create(llvm::StringRef prefix);
  TemporaryFolder(TemporaryFolder &&other) noexcept : path(std::move(other.path)) {
    other.path.clear();
  }
  ~TemporaryFolder();

  std::string file(const llvm::Twine &name) const { return (path + "/" + name).str(); }

private:
  explicit TemporaryFolder(std::string path) : path(std::move(path)) {}

  std::string path; ///< empty after a move
};

} // namespace qopt

#endif // QOPT_SUPPORT_TEMPORARYFOLDER_H

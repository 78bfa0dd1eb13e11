// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Support/TemporaryFolder.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

using namespace qopt;

llvm::Expected<TemporaryFolder> TemporaryFolder::create(llvm::StringRef prefix) {
  llvm::SmallString<128> path;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory(prefix, path))
    return llvm::createStringError(error, path + ": a temporary folder cannot be made: " +
                                              error.message() + "; set TMPDIR to another place");
  return TemporaryFolder(path.str().str());
}

TemporaryFolder::~TemporaryFolder() {
  if (!path.empty())
    llvm::sys::fs::remove_directories(path);
}

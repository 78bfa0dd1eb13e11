// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Outputs.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

Error OutputFolder::prepare() const {
  const std::string &dir = options->outputDir;
  if (std::error_code error = sys::fs::create_directories(dir, true, sys::fs::all_all))
    return createStringError(error, dir + ": the folder cannot be made: " + error.message());
  if (!sys::fs::is_directory(dir))
    return createStringError(inconvertibleErrorCode(), dir + ": is a file, -o needs a folder");
  if (std::error_code error = sys::fs::access(dir, sys::fs::AccessMode::Write))
    return createStringError(error, dir + ": the folder cannot be written: " + error.message());
  return Error::success();
}

std::string OutputFolder::path(StringRef suffix) const {
  SmallString<128> result(options->outputDir);
  sys::path::append(result, options->name + suffix);
  return result.str().str();
}

/// Streams into a file beside `path` and renames it.
static Error writeWhole(StringRef path, function_ref<void(raw_ostream &)> print) {
  return writeToOutput(path, [&](raw_ostream &os) -> Error {
    print(os);
    return Error::success();
  });
}

Error OutputFolder::writeModule(StringRef suffix, mlir::ModuleOp module) const {
  return writeWhole(path(suffix), [&](raw_ostream &os) { module.print(os); });
}

Error OutputFolder::writeText(StringRef suffix, StringRef text) const {
  return writeWhole(path(suffix), [&](raw_ostream &os) { os << text; });
}

Error OutputFolder::writeJson(StringRef suffix, const json::Value &value) const {
  return writeWhole(path(suffix), [&](raw_ostream &os) { os << formatv("{0:2}\n", value); });
}

Error OutputFolder::writeFile(StringRef fileName, StringRef text) const {
  SmallString<128> file(options->outputDir);
  sys::path::append(file, fileName);
  return writeWhole(file, [&](raw_ostream &os) { os << text; });
}

} // namespace qopt

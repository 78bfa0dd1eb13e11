// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Support/OutputFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"

using namespace llvm;

namespace qopt {

std::error_code printToFile(StringRef path, PrintFn print) {
  std::error_code error;
  raw_fd_ostream stream(path, error);
  if (error)
    return error;
  print(stream);
  stream.close();
  error = stream.error();
  stream.clear_error(); // else the stream ends the program
  return error;
}

static std::error_code replaceFile(StringRef path, PrintFn print) {
  std::string temporary = (path + ".tmp" + Twine(sys::Process::getProcessId())).str();
  std::error_code error = printToFile(temporary, print);
  if (!error)
    error = sys::fs::rename(temporary, path);
  if (error)
    sys::fs::remove(temporary);
  return error;
}

/// Renaming would put a file in the place of /dev/stdout, or of a link to a file elsewhere.
static std::error_code writeOrReplace(StringRef path, PrintFn print) {
  sys::fs::file_status status;
  SmallString<128> file(path);
  if (sys::fs::status(path, status))
    return replaceFile(path, print); // there is none yet
  if (!sys::fs::is_regular_file(status))
    return printToFile(path, print);
  if (std::error_code error = sys::fs::real_path(path, file))
    return error;
  return replaceFile(file, print);
}

Error writeOutputFile(StringRef path, PrintFn print) {
  if (std::error_code error = writeOrReplace(path, print))
    return createStringError(error, path + ": cannot be written: " + error.message() +
                                        "; choose a path in a writable folder");
  return Error::success();
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the importer refuses a file: one exception, turned into an llvm::Error at the interface.
#ifndef QOPT_LIB_IMPORT_ONNX_ERROR_H
#define QOPT_LIB_IMPORT_ONNX_ERROR_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include <exception>
#include <string>

namespace qopt::onnx {

/// What is wrong and how to go on, in one sentence without the file's name.
class ImportError : public std::exception {
public:
  explicit ImportError(const llvm::Twine &message) : message(message.str()) {}
  const char *what() const noexcept override { return message.c_str(); }

private:
  std::string message;
};

[[noreturn]] inline void fail(const llvm::Twine &message) { throw ImportError(message); }

/// A name from the file, fit for a terminal: quoted, cut short, control characters escaped.
std::string quoted(llvm::StringRef name);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_ERROR_H

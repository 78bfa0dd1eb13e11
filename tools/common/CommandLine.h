// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of command line parsing that the tools share: an option table made by TableGen, one
// positional argument, --help and --version.
#ifndef QOPT_TOOLS_COMMON_COMMANDLINE_H
#define QOPT_TOOLS_COMMON_COMMANDLINE_H

#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/StringSaver.h"
#include <string>
#include <vector>

namespace qopt {

/// What a tool tells of itself.
struct ToolDescription {
  const char *name;  ///< "qopt-run"
  const char *usage; ///< "qopt-run MODEL --input …"
  const char *title; ///< one sentence
  unsigned helpId, versionId, inputId, unknownId;
};

/// Parsed arguments with access by option id.
class CommandLine {
public:
  /// Parses argv; prints help or version and exits 0 where they are asked for. Errors: an unknown
  /// option, one that lacks its value, more than one positional argument.
  static llvm::Expected<CommandLine> parse(int argc, char **argv, const llvm::opt::OptTable &table,
                                           const ToolDescription &tool);

  bool has(unsigned id) const { return args.hasArg(id); }
  std::string text(unsigned id, llvm::StringRef fallback = "") const {
    return args.getLastArgValue(id, fallback).str();
  }
  /// The values of a comma-separated option, all occurrences together.
  std::vector<std::string> list(unsigned id) const;
  /// The positional argument, or "".
  std::string positional;

  /// A whole number in [least, most].
  llvm::Expected<int64_t> integer(unsigned id, llvm::StringRef option, int64_t fallback,
                                  int64_t least, int64_t most) const;

private:
  explicit CommandLine(llvm::opt::InputArgList args) : args(std::move(args)) {}

  llvm::opt::InputArgList args;
};

/// Success if `value` is among `choices`, else an error that lists them: all but a first "", which
/// stands for an option that was not given.
llvm::Error checkChoice(llvm::StringRef option, llvm::StringRef value,
                        llvm::ArrayRef<llvm::StringRef> choices);

/// Prints `error` as one line on stderr, the tool's name in front; returns the exit status.
int reportError(llvm::StringRef tool, llvm::Error error);

} // namespace qopt

#endif // QOPT_TOOLS_COMMON_COMMANDLINE_H

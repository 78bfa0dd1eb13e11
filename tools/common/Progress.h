// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A progress line for a person at a terminal; nothing at all in a pipe.
#ifndef QOPT_TOOLS_COMMON_PROGRESS_H
#define QOPT_TOOLS_COMMON_PROGRESS_H

#include "llvm/ADT/StringRef.h"
#include <chrono>
#include <cstdint>
#include <string>

namespace qopt {

class ProgressLine {
public:
  explicit ProgressLine(llvm::StringRef what);
  ~ProgressLine(); ///< wipes the line

  void update(int64_t done, int64_t total);

private:
  std::string what;
  bool isTerminal, isShown = false;
  std::chrono::steady_clock::time_point start, last;
};

} // namespace qopt

#endif // QOPT_TOOLS_COMMON_PROGRESS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bound on the stack frames of generated functions.
#ifndef QOPT_LIB_TARGET_STACKGUARD_H
#define QOPT_LIB_TARGET_STACKGUARD_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace qopt {

/// Frames are known when code is made: create before that, ask after it.
class StackGuard {
public:
  /// At most `bytes` per function; 0: no bound.
  StackGuard(llvm::Module &code, unsigned bytes);
  /// An error naming the first function whose frame is larger.
  llvm::Error check() const;

private:
  struct Handler;
  std::shared_ptr<std::string> message;
};

} // namespace qopt

#endif // QOPT_LIB_TARGET_STACKGUARD_H

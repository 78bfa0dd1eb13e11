// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that are chosen when the program is loaded, by what the CPU has.
#ifndef QOPT_LIB_TARGET_X86_RESOLVER_H
#define QOPT_LIB_TARGET_X86_RESOLVER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qopt::x86 {

struct Choice {
  llvm::Function *function = nullptr;
  llvm::ArrayRef<std::string> features; ///< of LLVM; the CPU must have all of them
};

/// Adds the indirect function `name`: the first of `choices` that the CPU (and its operating
/// system's state) can run, else `otherwise`. The resolver asks cpuid and calls nothing.
llvm::Expected<llvm::GlobalIFunc *> addResolvedFunction(llvm::Module &module, llvm::StringRef name,
                                                        llvm::ArrayRef<Choice> choices,
                                                        llvm::Function *otherwise);

} // namespace qopt::x86

#endif // QOPT_LIB_TARGET_X86_RESOLVER_H

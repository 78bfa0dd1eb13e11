// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that are chosen when the program is loaded, by what the CPU has.
#ifndef QOPT_LIB_TARGET_RESOLVER_H
#define QOPT_LIB_TARGET_RESOLVER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"

#include <string>

namespace qopt {

struct Choice {
  llvm::Function *function = nullptr;
  llvm::ArrayRef<std::string> features; ///< of LLVM; the CPU must have all of them
};

/// Adds the indirect function `name`: the first of `choices` that the CPU (and its operating
/// system's state) can run, else `otherwise`. The resolver calls nothing.
using AddResolvedFunction = llvm::Expected<llvm::GlobalIFunc *>(llvm::Module &module,
                                                                llvm::StringRef name,
                                                                llvm::ArrayRef<Choice> choices,
                                                                llvm::Function *otherwise);

/// How machines of an architecture choose; null: their libraries cannot.
AddResolvedFunction *getResolver(const llvm::Triple &triple);

/// The error for a feature that no resolver can ask for.
llvm::Error unknownFeature(llvm::StringRef feature);

namespace x86 {
AddResolvedFunction addResolvedFunction; ///< asks cpuid
} // namespace x86
namespace arm {
AddResolvedFunction addResolvedFunction; ///< looks at what Linux hands to resolvers
} // namespace arm

} // namespace qopt

#endif // QOPT_LIB_TARGET_RESOLVER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiled harness of each machine.
#ifndef QOPT_LIB_TARGET_HARNESS_HARNESSOBJECTS_H
#define QOPT_LIB_TARGET_HARNESS_HARNESSOBJECTS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/TargetParser/Triple.h"

namespace qopt {

/// A relocatable ELF file; empty where there is no harness for the machine.
llvm::StringRef getHarnessObject(const llvm::Triple &triple);

} // namespace qopt

#endif // QOPT_LIB_TARGET_HARNESS_HARNESSOBJECTS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Keeps a back end from writing bytes that the program does not write.
#ifndef QOPT_LIB_TARGET_STOREGUARD_H
#define QOPT_LIB_TARGET_STOREGUARD_H

#include "llvm/IR/Module.h"

namespace qopt {

/// Marks the stores of vectors that are not aligned to `vectorBytes` volatile, after all
/// optimization. LLVM's Hexagon back end makes whole aligned vectors of neighbouring ones, and
/// reads and writes back what lies beside them: bytes that another task may be writing, or a
/// shorter store that was moved in between. It leaves volatile ones as they are, stored under a
/// mask.
void guardPartialStores(llvm::Module &code, unsigned vectorBytes);

} // namespace qopt

#endif // QOPT_LIB_TARGET_STOREGUARD_H

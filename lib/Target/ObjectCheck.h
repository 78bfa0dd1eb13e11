// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_LIB_TARGET_OBJECTCHECK_H
#define QOPT_LIB_TARGET_OBJECTCHECK_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

namespace qopt {

/// An error naming the first undefined symbol of an object: networks call no library.
llvm::Error checkFreestanding(const llvm::MemoryBuffer &object);

} // namespace qopt

#endif // QOPT_LIB_TARGET_OBJECTCHECK_H

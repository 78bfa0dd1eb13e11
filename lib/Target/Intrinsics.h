// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the rows of every machine say in LLVM's own intrinsics.
#ifndef QOPT_LIB_TARGET_INTRINSICS_H
#define QOPT_LIB_TARGET_INTRINSICS_H

#include "qopt/Codegen/Emitter.h"

namespace qopt {

/// Calls an LLVM intrinsic that has one result.
mlir::Value intrinsic(codegen::Emitter &emit, llvm::StringRef name, mlir::Type type,
                      mlir::ValueRange operands);

/// The same bits as elements of `bits` bits.
mlir::Value recast(codegen::Emitter &emit, mlir::Value vector, unsigned bits);

} // namespace qopt

#endif // QOPT_LIB_TARGET_INTRINSICS_H

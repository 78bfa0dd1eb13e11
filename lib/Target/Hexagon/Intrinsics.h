// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// HVX instructions on vectors of 128 bytes, all as 32 words: the type of their LLVM intrinsics.
#ifndef QOPT_LIB_TARGET_HEXAGON_INTRINSICS_H
#define QOPT_LIB_TARGET_HEXAGON_INTRINSICS_H

#include "qopt/Codegen/Emitter.h"

#include <utility>

namespace qopt::hexagon {

constexpr int64_t kLanes = 32, kBytes = 128;

/// V6_`name` with the result type of a single vector.
mlir::Value hvx(codegen::Emitter &emit, llvm::StringRef name, mlir::ValueRange operands);
/// The same where the result is a pair of vectors: (low, high).
std::pair<mlir::Value, mlir::Value> hvxPair(codegen::Emitter &emit, llvm::StringRef name,
                                            mlir::ValueRange operands);
/// Any vector of 128 bytes as 32 words, and words as bytes.
mlir::Value asWords(codegen::Emitter &emit, mlir::Value vector);
mlir::Value asBytes(codegen::Emitter &emit, mlir::Value vector);
/// A constant word in a scalar register.
mlir::Value scalar(codegen::Emitter &emit, int64_t value);

} // namespace qopt::hexagon

#endif // QOPT_LIB_TARGET_HEXAGON_INTRINSICS_H

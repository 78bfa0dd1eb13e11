// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the rows of every vector width share: unpacking and packing within 128-bit parts.
#ifndef QOPT_LIB_TARGET_X86_PARTS_H
#define QOPT_LIB_TARGET_X86_PARTS_H

#include "../Intrinsics.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace qopt::x86 {

/// Vectors of `bytes` bytes that hold `bytes` / 4 lanes of i32.
class Parts {
public:
  explicit Parts(int64_t bytes) : bytes(bytes) {}

  /// Four vectors of bytes to four vectors of lanes, each with one byte of every input: lane l of
  /// vector v holds the bytes number getByte(v, l).
  llvm::SmallVector<mlir::Value, 4> interleave(codegen::Emitter &emit,
                                               llvm::ArrayRef<mlir::Value> rows) const;
  static int64_t getByte(int64_t vector, int64_t lane) {
    return lane / 4 * 16 + vector * 4 + lane % 4;
  }

  /// The inverse, for lanes that are narrowed: adds `zero` (vector of i16) in saturating i16 and
  /// saturates to bytes.
  mlir::Value pack(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values, mlir::Value zero,
                   bool isUnsigned) const;
  /// Packed bytes, so ordered that the four inputs follow one another.
  mlir::Value packInOrder(codegen::Emitter &emit, llvm::ArrayRef<mlir::Value> values,
                          mlir::Value zero, bool isUnsigned) const;
  /// A scalar i32 in the form that pack() adds.
  mlir::Value prepareZero(codegen::Emitter &emit, mlir::Value zero) const;

private:
  mlir::Value unpack(codegen::Emitter &emit, mlir::Value a, mlir::Value b, unsigned bits,
                     bool high) const;

  int64_t bytes;
};

} // namespace qopt::x86

#endif // QOPT_LIB_TARGET_X86_PARTS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shorthand for the operations that kernels are made of; each works on scalars and vectors alike.
#ifndef QOPT_CODEGEN_EMITTER_H
#define QOPT_CODEGEN_EMITTER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace qopt::codegen {

/// Emits at the insertion point of a builder. "A value of width n" is a scalar for n = 1 and a
/// vector of n elements otherwise, so that one body serves vector loops and their scalar tails.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;

  //===--- Types ---===//
  static mlir::Type withWidth(mlir::Type element, int64_t width);
  /// The type of `like` (its width) over another element type.
  static mlir::Type withElement(mlir::Value like, mlir::Type element);
  static int64_t widthOf(mlir::Value value);
  mlir::Type intType(unsigned bits, int64_t width = 1);
  mlir::Type floatType(int64_t width = 1);

  //===--- Constants ---===//
  mlir::Value index(int64_t value);
  /// A constant (splat) of integer type `type`.
  mlir::Value integer(mlir::Type type, int64_t value);
  /// A constant (splat) of float type `type`.
  mlir::Value real(mlir::Type type, double value);
  mlir::Value broadcast(mlir::Value scalar, int64_t width);

  //===--- Memory (byte offsets; any alignment) ---===//
  mlir::Value address(mlir::Value pointer, mlir::Value byteOffset);
  mlir::Value address(mlir::Value pointer, int64_t byteOffset);
  mlir::Value load(mlir::Type type, mlir::Value pointer, unsigned alignment = 1);
  void store(mlir::Value value, mlir::Value pointer, unsigned alignment = 1);
  /// Brings the cache line at `pointer` to the second level. The address may be any: it is a hint.
  void prefetch(mlir::Value pointer);

  //===--- Arithmetic ---===//
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  /// With a constant; the identity constants emit nothing.
  mlir::Value add(mlir::Value a, int64_t b);
  mlir::Value mul(mlir::Value a, int64_t b);
  /// Signed min and max.
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value clamp(mlir::Value value, int64_t lower, int64_t upper);
  mlir::Value shiftRight(mlir::Value a, mlir::Value count); ///< arithmetic
  mlir::Value extend(mlir::Value a, unsigned bits, bool isSigned = true);
  mlir::Value truncate(mlir::Value a, unsigned bits);
  mlir::Value toFloat(mlir::Value a);

  mlir::Value addF(mlir::Value a, mlir::Value b);
  mlir::Value subF(mlir::Value a, mlir::Value b);
  mlir::Value mulF(mlir::Value a, mlir::Value b);
  mlir::Value divF(mlir::Value a, mlir::Value b);
  /// One machine instruction where there is one: a NaN in `a` gives `b`.
  mlir::Value minF(mlir::Value a, mlir::Value b);
  mlir::Value maxF(mlir::Value a, mlir::Value b);

  //===--- Loops ---===//
  /// for i in [begin, end) step `step`: body(i). A loop of one constant trip is emitted in line.
  void forLoop(mlir::Value begin, mlir::Value end, int64_t step,
               llvm::function_ref<void(mlir::Value)> body);
  void forLoop(int64_t begin, int64_t end, int64_t step,
               llvm::function_ref<void(mlir::Value)> body);
  /// A loop that carries values; `body` gets them and returns the next ones.
  llvm::SmallVector<mlir::Value>
  forLoop(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange initial,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);

  /// Covers elements [0, count) with body(first, width): whole vectors of `lanes` in a loop, then
  /// smaller powers of two down to single elements, so that nothing outside is touched.
  void forElements(int64_t count, int64_t lanes,
                   llvm::function_ref<void(mlir::Value first, int64_t width)> body);
  /// The same over [begin, end) known at run time only: vectors, then single elements.
  void forElements(mlir::Value begin, mlir::Value end, int64_t lanes,
                   llvm::function_ref<void(mlir::Value first, int64_t width)> body);
};

/// LLVM shall not unroll the loop.
void keepRolled(mlir::Operation *loop);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_EMITTER_H

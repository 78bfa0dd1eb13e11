// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops over the elements of several tensors at once, whatever their layouts.
#ifndef QOPT_CODEGEN_KERNELS_ITERATIONSPACE_H
#define QOPT_CODEGEN_KERNELS_ITERATIONSPACE_H

#include "qopt/Codegen/BufferLayout.h"
#include "qopt/Codegen/Emitter.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <string>

namespace qopt::codegen {

/// The elements of a tensor (or of a part of one) behind a pointer: one stride in bytes for each
/// dimension, and the offset of the first element.
struct ElementView {
  llvm::SmallVector<int64_t> shape, strides;
  int64_t elementBytes = 1;
  int64_t offset = 0;
  /// All of a buffer: the bytes between its pixels are padding that a kernel may touch.
  bool whole = true;

  static ElementView of(mlir::RankedTensorType type, const BufferLayout &layout);
  /// A row-major array.
  static ElementView dense(llvm::ArrayRef<int64_t> shape, int64_t elementBytes);
  /// Dimension i of the result is dimension permutation[i].
  ElementView permute(llvm::ArrayRef<int64_t> permutation) const;
  /// The box of `shape` elements that begins at `starts`, every steps[i]-th element of a dimension.
  ElementView box(llvm::ArrayRef<int64_t> starts, llvm::ArrayRef<int64_t> steps,
                  llvm::ArrayRef<int64_t> shape) const;
  std::string getSignature() const;
  /// The same elements for each index of `target`: dimensions of size 1 are repeated, missing
  /// leading ones added.
  ElementView broadcast(llvm::ArrayRef<int64_t> target) const;
};

/// A group of elements of one operand within the loops.
struct Access {
  mlir::Value address;
  int64_t step; ///< bytes between neighbours: the element's size, or 0 where one is repeated
};

class IterationSpace {
public:
  /// All views have one shape.
  explicit IterationSpace(llvm::ArrayRef<ElementView> views);

  int64_t getUnits() const;
  int64_t getMinUnitsPerTask() const;
  std::string getSignature() const;

  using Body = llvm::function_ref<void(llvm::ArrayRef<Access>, int64_t width)>;
  /// Visits the elements of units [begin, end) in groups of at most `lanes`.
  void emit(Emitter &emit, mlir::ValueRange pointers, mlir::Value begin, mlir::Value end,
            int64_t lanes, Body body) const;

private:
  void absorbPadding(llvm::ArrayRef<ElementView> views);
  void mergeDimensions();
  bool isLinear() const { return shape.size() == 1; }
  /// Dimensions whose indices make up a unit.
  size_t numUnitDims() const { return shape.size() <= 2 ? shape.size() - 1 : shape.size() - 2; }
  bool innerIsContiguous() const;
  llvm::SmallVector<mlir::Value> advance(Emitter &emit, mlir::ValueRange addresses, size_t dim,
                                         mlir::Value index) const;
  void emitGroup(mlir::ValueRange addresses, int64_t width, Body body) const;
  void emitUnit(Emitter &emit, mlir::ValueRange addresses, size_t dim, int64_t lanes,
                Body body) const;

  llvm::SmallVector<int64_t> shape;
  /// strides[d][v]: of dimension d in view v.
  llvm::SmallVector<llvm::SmallVector<int64_t>> strides;
  llvm::SmallVector<int64_t> offsets, elementBytes;
};

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_KERNELS_ITERATIONSPACE_H

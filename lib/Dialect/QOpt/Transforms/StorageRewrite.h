// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Changing the grids of a quantized function: types, constants, biases, tables and clamps together.
#ifndef QOPT_LIB_DIALECT_QOPT_TRANSFORMS_STORAGEREWRITE_H
#define QOPT_LIB_DIALECT_QOPT_TRANSFORMS_STORAGEREWRITE_H

#include "qopt/Dialect/QOpt/IR/ChannelIndex.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

namespace qopt {

/// What becomes of each grid.
class StorageRewrite {
public:
  virtual ~StorageRewrite() = default;

  /// The grid of activations that were on `old`; depends on nothing but `old`, so values that share
  /// a type go on sharing one.
  virtual QuantParams mapActivation(const QuantParams &old) const { return old; }

  /// The grid of weights with these codes.
  virtual QuantParams mapWeights(const QuantParams &old, llvm::ArrayRef<int32_t> codes,
                                 const ChannelIndex &channelOf) const {
    return old;
  }
};

/// Applies `rewrite` to `function`. Refuses, naming the layer, what would change a real value if
/// `exactOnly`; says so in a remark otherwise.
mlir::LogicalResult applyStorageRewrite(mlir::func::FuncOp function, const StorageRewrite &rewrite,
                                        bool exactOnly);

/// The rewrites of qopt-rewrite-storage; docs in Passes.td.
std::unique_ptr<StorageRewrite> createSignednessRewrite(bool toSigned);
std::unique_ptr<StorageRewrite> createSymmetricRewrite();
std::unique_ptr<StorageRewrite> createAsymmetricRewrite(mlir::func::FuncOp function);
std::unique_ptr<StorageRewrite> createWeightRangeRewrite(bool narrow);

} // namespace qopt

#endif // QOPT_LIB_DIALECT_QOPT_TRANSFORMS_STORAGEREWRITE_H

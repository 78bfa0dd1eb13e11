// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks that the verifiers of several levels share.
#ifndef QOPT_LIB_DIALECT_QOPT_TRANSFORMS_LEVELCHECKS_H
#define QOPT_LIB_DIALECT_QOPT_TRANSFORMS_LEVELCHECKS_H

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"

namespace qopt {

/// The function is one block of qopt ops and a return.
inline mlir::LogicalResult checkBody(mlir::func::FuncOp function) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("a network is one block, without control flow");
  for (mlir::Operation &op : function.getOps())
    if (!llvm::isa<QOptDialect>(op.getDialect()) && !llvm::isa<mlir::func::ReturnOp>(op))
      return op.emitError() << op.getName() << " has no place in a network";
  return mlir::success();
}

inline bool isStaticFloat(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && tensor.getElementType().isF32();
}

/// Every value of the function is a static f32 tensor.
inline mlir::LogicalResult checkFloatValues(mlir::func::FuncOp function) {
  for (mlir::Type type : function.getArgumentTypes())
    if (!isStaticFloat(type))
      return function.emitError() << "argument of type " << type << " is no static f32 tensor";
  for (mlir::Operation &op : function.getOps())
    for (mlir::Value result : op.getResults())
      if (!isStaticFloat(result.getType()))
        return emitLayerError(&op)
               << "its result of type " << result.getType() << " is no static f32 tensor";
  return mlir::success();
}

} // namespace qopt

#endif // QOPT_LIB_DIALECT_QOPT_TRANSFORMS_LEVELCHECKS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Intrinsics.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt;
using codegen::Emitter;

Value qopt::intrinsic(Emitter &emit, llvm::StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(emit.builder, emit.loc, type,
                                       emit.builder.getStringAttr(name), operands)
      .getResult(0);
}

Value qopt::recast(Emitter &emit, Value vector, unsigned bits) {
  auto type = cast<VectorType>(vector.getType());
  int64_t width = type.getNumElements() * type.getElementTypeBitWidth() / bits;
  Type other = emit.intType(bits, width);
  if (type == other)
    return vector;
  return vector::BitCastOp::create(emit.builder, emit.loc, other, vector);
}

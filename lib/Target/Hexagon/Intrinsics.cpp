// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Intrinsics.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::hexagon {

static Value call(Emitter &emit, llvm::StringRef name, Type type, ValueRange operands) {
  std::string full = ("llvm.hexagon.V6." + name + ".128B").str();
  return LLVM::CallIntrinsicOp::create(emit.builder, emit.loc, type,
                                       emit.builder.getStringAttr(full), operands)
      .getResult(0);
}

Value hvx(Emitter &emit, llvm::StringRef name, ValueRange operands) {
  return call(emit, name, emit.intType(32, kLanes), operands);
}

std::pair<Value, Value> hvxPair(Emitter &emit, llvm::StringRef name, ValueRange operands) {
  Value pair = call(emit, name, emit.intType(32, 2 * kLanes), operands);
  return {hvx(emit, "lo", pair), hvx(emit, "hi", pair)};
}

static Value recast(Emitter &emit, Value vector, unsigned bits) {
  Type type = emit.intType(bits, kBytes * 8 / bits);
  if (vector.getType() == type)
    return vector;
  return vector::BitCastOp::create(emit.builder, emit.loc, type, vector);
}

Value asWords(Emitter &emit, Value vector) { return recast(emit, vector, 32); }
Value asBytes(Emitter &emit, Value vector) { return recast(emit, vector, 8); }

Value scalar(Emitter &emit, int64_t value) { return emit.integer(emit.intType(32), value); }

} // namespace qopt::hexagon

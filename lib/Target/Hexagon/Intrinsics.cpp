// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Intrinsics.h"

#include "../Intrinsics.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::hexagon {

static Value call(Emitter &emit, llvm::StringRef name, Type type, ValueRange operands) {
  std::string full = ("llvm.hexagon.V6." + name + ".128B").str();
  return intrinsic(emit, full, type, operands);
}

Value hvx(Emitter &emit, llvm::StringRef name, ValueRange operands) {
  return call(emit, name, emit.intType(32, kLanes), operands);
}

std::pair<Value, Value> hvxPair(Emitter &emit, llvm::StringRef name, ValueRange operands) {
  Value pair = call(emit, name, emit.intType(32, 2 * kLanes), operands);
  return {hvx(emit, "lo", pair), hvx(emit, "hi", pair)};
}

Value asWords(Emitter &emit, Value vector) { return recast(emit, vector, 32); }
Value asBytes(Emitter &emit, Value vector) { return recast(emit, vector, 8); }

Value scalar(Emitter &emit, int64_t value) { return emit.integer(emit.intType(32), value); }

} // namespace qopt::hexagon

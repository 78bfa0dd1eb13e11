// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Parts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::x86 {

/// punpckl/h of elements of `bits` bits in every 128-bit part.
Value Parts::unpack(Emitter &emit, Value a, Value b, unsigned bits, bool high) const {
  int64_t count = bytes * 8 / bits, part = 128 / bits;
  SmallVector<int64_t> mask;
  for (int64_t base = 0; base < count; base += part)
    for (int64_t i = 0; i < part / 2; ++i)
      for (int64_t from : {int64_t{0}, count})
        mask.push_back(from + base + i + (high ? part / 2 : 0));
  Value result = vector::ShuffleOp::create(emit.builder, emit.loc, recast(emit, a, bits),
                                           recast(emit, b, bits), mask);
  return recast(emit, result, 8);
}

SmallVector<Value, 4> Parts::interleave(Emitter &emit, ArrayRef<Value> rows) const {
  Value low01 = unpack(emit, rows[0], rows[1], 8, false);
  Value high01 = unpack(emit, rows[0], rows[1], 8, true);
  Value low23 = unpack(emit, rows[2], rows[3], 8, false);
  Value high23 = unpack(emit, rows[2], rows[3], 8, true);
  return {unpack(emit, low01, low23, 16, false), unpack(emit, low01, low23, 16, true),
          unpack(emit, high01, high23, 16, false), unpack(emit, high01, high23, 16, true)};
}

Value Parts::pack(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const {
  std::string prefix = bytes == 64 ? "llvm.x86.avx512." : "llvm.x86.avx2.";
  std::string suffix = bytes == 64 ? ".512" : "";
  Value halves[2];
  for (int i = 0; i < 2; ++i) {
    Value words = intrinsic(emit, prefix + "packssdw" + suffix, emit.intType(16, bytes / 2),
                            {values[2 * i], values[2 * i + 1]});
    halves[i] = LLVM::SAddSat::create(emit.builder, emit.loc, words, zero);
  }
  std::string narrow = isUnsigned ? "packuswb" : "packsswb";
  return intrinsic(emit, prefix + narrow + suffix, emit.intType(8, bytes), {halves[0], halves[1]});
}

Value Parts::packInOrder(Emitter &emit, ArrayRef<Value> values, Value zero, bool isUnsigned) const {
  Value packed = recast(emit, pack(emit, values, zero, isUnsigned), 32);
  SmallVector<int64_t> mask;
  for (int64_t input = 0; input < 4; ++input)
    for (int64_t part = 0; part < bytes / 16; ++part)
      mask.push_back(4 * part + input);
  Value ordered = vector::ShuffleOp::create(emit.builder, emit.loc, packed, packed, mask);
  return recast(emit, ordered, 8);
}

Value Parts::prepareZero(Emitter &emit, Value zero) const {
  return emit.broadcast(emit.truncate(zero, 16), bytes / 2);
}

} // namespace qopt::x86

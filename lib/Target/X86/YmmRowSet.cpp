// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Ymm.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace qopt::codegen;

/// cvtps2dq in the rounding mode that the ABI asks of the caller: to nearest, ties to even.
Value qopt::x86::YmmRowSet::roundToInt(OpBuilder &builder, Location loc, Value floats) const {
  return LLVM::LrintOp::create(builder, loc, Emitter::withElement(floats, builder.getI32Type()),
                               floats);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shorthand for the operations that kernels are made of.
#include "qopt/Codegen/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Type Emitter::withWidth(Type element, int64_t width) {
  return width == 1 ? element : Type(VectorType::get({width}, element));
}

int64_t Emitter::widthOf(Value value) {
  auto vector = dyn_cast<VectorType>(value.getType());
  return vector ? vector.getNumElements() : 1;
}

Type Emitter::withElement(Value like, Type element) { return withWidth(element, widthOf(like)); }

Type Emitter::intType(unsigned bits, int64_t width) {
  return withWidth(builder.getIntegerType(bits), width);
}

Type Emitter::floatType(int64_t width) { return withWidth(builder.getF32Type(), width); }

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static Value constantOf(Emitter &emit, Type type, Attribute element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(emit.builder, emit.loc,
                                     DenseElementsAttr::get(vector, element));
  return arith::ConstantOp::create(emit.builder, emit.loc, cast<TypedAttr>(element));
}

Value Emitter::index(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

Value Emitter::integer(Type type, int64_t value) {
  Type element = getElementTypeOrSelf(type);
  return constantOf(*this, type, builder.getIntegerAttr(element, value));
}

Value Emitter::real(Type type, double value) {
  return constantOf(*this, type, builder.getFloatAttr(getElementTypeOrSelf(type), value));
}

Value Emitter::broadcast(Value scalar, int64_t width) {
  if (width == 1)
    return scalar;
  return vector::BroadcastOp::create(builder, loc, VectorType::get({width}, scalar.getType()),
                                     scalar);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value Emitter::address(Value pointer, Value byteOffset) {
  Value offset = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), byteOffset);
  return LLVM::GEPOp::create(builder, loc, pointer.getType(), builder.getI8Type(), pointer,
                             ValueRange{offset});
}

Value Emitter::address(Value pointer, int64_t byteOffset) {
  return byteOffset == 0 ? pointer : address(pointer, index(byteOffset));
}

Value Emitter::load(Type type, Value pointer, unsigned alignment) {
  return LLVM::LoadOp::create(builder, loc, type, pointer, alignment);
}

void Emitter::store(Value value, Value pointer, unsigned alignment) {
  LLVM::StoreOp::create(builder, loc, value, pointer, alignment);
}

void Emitter::prefetch(Value pointer) {
  LLVM::Prefetch::create(builder, loc, pointer, /*rw=*/0, /*hint=*/2, /*cache=*/1);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static Value constantLike(Emitter &emit, Value like, int64_t value) {
  if (like.getType().isIndex())
    return emit.index(value);
  return emit.integer(like.getType(), value);
}

Value Emitter::add(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
Value Emitter::sub(Value a, Value b) { return arith::SubIOp::create(builder, loc, a, b); }
Value Emitter::mul(Value a, Value b) { return arith::MulIOp::create(builder, loc, a, b); }

Value Emitter::add(Value a, int64_t b) { return b == 0 ? a : add(a, constantLike(*this, a, b)); }
Value Emitter::mul(Value a, int64_t b) { return b == 1 ? a : mul(a, constantLike(*this, a, b)); }

Value Emitter::min(Value a, Value b) { return arith::MinSIOp::create(builder, loc, a, b); }
Value Emitter::max(Value a, Value b) { return arith::MaxSIOp::create(builder, loc, a, b); }

Value Emitter::clamp(Value value, int64_t lower, int64_t upper) {
  return min(max(value, constantLike(*this, value, lower)), constantLike(*this, value, upper));
}

Value Emitter::shiftRight(Value a, Value count) {
  return arith::ShRSIOp::create(builder, loc, a, count);
}

Value Emitter::extend(Value a, unsigned bits, bool isSigned) {
  Type type = withElement(a, builder.getIntegerType(bits));
  if (isSigned)
    return arith::ExtSIOp::create(builder, loc, type, a);
  return arith::ExtUIOp::create(builder, loc, type, a);
}

Value Emitter::truncate(Value a, unsigned bits) {
  return arith::TruncIOp::create(builder, loc, withElement(a, builder.getIntegerType(bits)), a);
}

Value Emitter::toFloat(Value a) {
  return arith::SIToFPOp::create(builder, loc, withElement(a, builder.getF32Type()), a);
}

Value Emitter::addF(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }
Value Emitter::subF(Value a, Value b) { return arith::SubFOp::create(builder, loc, a, b); }
Value Emitter::mulF(Value a, Value b) { return arith::MulFOp::create(builder, loc, a, b); }
Value Emitter::divF(Value a, Value b) { return arith::DivFOp::create(builder, loc, a, b); }

Value Emitter::minF(Value a, Value b) {
  Value less = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, a, b);
  return arith::SelectOp::create(builder, loc, less, a, b);
}

Value Emitter::maxF(Value a, Value b) {
  Value greater = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, a, b);
  return arith::SelectOp::create(builder, loc, greater, a, b);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void Emitter::forLoop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(builder, loc, begin, end, index(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void Emitter::forLoop(int64_t begin, int64_t end, int64_t step,
                      llvm::function_ref<void(Value)> body) {
  if (begin >= end)
    return;
  if (begin + step >= end)
    return body(index(begin));
  forLoop(index(begin), index(end), step, body);
}

SmallVector<Value>
Emitter::forLoop(Value begin, Value end, int64_t step, ValueRange initial,
                 llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(builder, loc, begin, end, index(step), initial);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(builder, loc, next);
  return SmallVector<Value>(loop.getResults());
}

void keepRolled(Operation *loop) {
  MLIRContext *context = loop->getContext();
  auto unroll =
      LLVM::LoopUnrollAttr::get(context, BoolAttr::get(context, true), {}, {}, {}, {}, {}, {});
  auto annotation = LLVM::LoopAnnotationAttr::get(
      context, /*disableNonforced=*/{}, /*vectorize=*/{}, /*interleave=*/{}, unroll,
      /*unrollAndJam=*/{}, /*licm=*/{}, /*distribute=*/{}, /*pipeline=*/{}, /*peeled=*/{},
      /*unswitch=*/{}, /*mustProgress=*/{}, /*isVectorized=*/{}, /*startLoc=*/{}, /*endLoc=*/{},
      /*parallelAccesses=*/{});
  loop->setAttr("loop_annotation", annotation);
}

void Emitter::forElements(int64_t count, int64_t lanes,
                          llvm::function_ref<void(Value, int64_t)> body) {
  int64_t done = 0;
  for (int64_t width = lanes; width >= 1; width /= 2) {
    int64_t covered = done + (count - done) / width * width;
    forLoop(done, covered, width, [&](Value first) { body(first, width); });
    done = covered;
  }
}

void Emitter::forElements(Value begin, Value end, int64_t lanes,
                          llvm::function_ref<void(Value, int64_t)> body) {
  if (lanes == 1)
    return forLoop(begin, end, 1, [&](Value i) { body(i, 1); });
  Value count = sub(end, begin);
  Value rest = arith::RemUIOp::create(builder, loc, count, index(lanes));
  Value vectorEnd = sub(end, rest);
  forLoop(begin, vectorEnd, lanes, [&](Value i) { body(i, lanes); });
  forLoop(vectorEnd, end, 1, [&](Value i) { body(i, 1); });
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the kernels of layers without weights share.
#include "KernelSupport.h"

#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// From the IR to numbers
//===----------------------------------------------------------------------===//

InFlightDiagnostic emitLayerError(Operation *op) {
  return op->emitError() << "layer '" << getLayerName(op) << "' ";
}

FailureOr<Grid> getGrid(Operation *op, Value tensor) {
  std::optional<QuantParams> params = getQuantParams(tensor.getType());
  if (!params || params->axis != -1 || params->storageBits > 8) {
    emitLayerError(op) << "has no kernel for " << tensor.getType()
                       << ": expected codes of at most 8 bits, quantized per tensor";
    return failure();
  }
  if (!params->isSigned) {
    emitLayerError(op) << "has unsigned codes, and kernels take signed ones: run "
                          "qopt-rewrite-storage{signedness=signed} first";
    return failure();
  }
  return qopt::getGrid(*params);
}

CodeBounds getBounds(Operation *op, const Grid &grid, const BufferLayout &layout) {
  int32_t shift = layout.flipped ? 128 : 0;
  auto codes = [&](DenseF32ArrayAttr bounds, int32_t otherwise) {
    SmallVector<int32_t> result;
    if (bounds)
      for (float bound : bounds.asArrayRef())
        result.push_back(storageBound(bound, grid) + shift);
    if (result.empty())
      result.push_back(otherwise + shift);
    return result;
  };
  auto clamped = dyn_cast<ClampedOpInterface>(op);
  return {codes(clamped ? clamped.getClampMinAttr() : DenseF32ArrayAttr(), grid.storage.min),
          codes(clamped ? clamped.getClampMaxAttr() : DenseF32ArrayAttr(), grid.storage.max)};
}

FailureOr<RequantizeSpec> getRequantizeSpec(Operation *op, ProgramBuilder &builder,
                                            ArrayRef<RealMultiplier> multipliers,
                                            int64_t maxAbsAccumulator, Value result) {
  FailureOr<Grid> grid = getGrid(op, result);
  if (failed(grid))
    return failure();
  RequantizeSpec spec;
  for (const RealMultiplier &multiplier : multipliers) {
    FailureOr<Multiplier> prepared = orEmit(
        op, prepareMultiplier(toNumerics(builder.getContract()), multiplier, maxAbsAccumulator));
    if (failed(prepared))
      return failure();
    spec.multipliers.push_back(*prepared);
  }
  const BufferLayout &layout = builder.getLayout(result);
  CodeBounds bounds = getBounds(op, *grid, layout);
  if (bounds.perChannel()) {
    int32_t shift = layout.flipped ? 128 : 0;
    bounds = {{grid->storage.min + shift}, {grid->storage.max + shift}};
  }
  spec.lower = bounds.lower, spec.upper = bounds.upper;
  spec.zeroPoint = layout.zeroAtRest();
  spec.maxAbsAccumulator = maxAbsAccumulator;
  return spec;
}

ElementView viewOf(ProgramBuilder &builder, Value tensor) {
  return ElementView::of(cast<RankedTensorType>(tensor.getType()), builder.getLayout(tensor));
}

//===----------------------------------------------------------------------===//
// Codes in registers
//===----------------------------------------------------------------------===//

Value loadElements(Emitter &emit, const Access &access, Type element, int64_t width) {
  unsigned alignment = element.getIntOrFloatBitWidth() / 8;
  if (access.step == 0)
    return emit.broadcast(emit.load(element, access.address, alignment), width);
  return emit.load(Emitter::withWidth(element, width), access.address, alignment);
}

Value loadCodes(Emitter &emit, const Access &access, bool flipped, int64_t width) {
  Value bytes = loadElements(emit, access, emit.intType(8), width);
  return emit.extend(bytes, 32, /*isSigned=*/!flipped);
}

Value loadCentered(Emitter &emit, const Access &access, const BufferLayout &layout, int64_t width) {
  return emit.add(loadCodes(emit, access, layout.flipped, width), -layout.zeroAtRest());
}

void storeCodes(Emitter &emit, Value codes, const Access &access) {
  emit.store(emit.truncate(codes, 8), access.address);
}

Value flipBytes(Emitter &emit, Value bytes) {
  return arith::XOrIOp::create(emit.builder, emit.loc, bytes, emit.integer(bytes.getType(), -128));
}

int64_t byteLanes(const RowSet &rows) { return rows.getLanes() == 1 ? 1 : 4 * rows.getLanes(); }

int64_t lanesFor(const RowSet &rows, const BufferLayout &layout) {
  return layout.elementBytes == 1 ? byteLanes(rows) : rows.getLanes();
}

Value roundToCodes(Emitter &emit, const RowSet &rows, Value real, int32_t lower, int32_t upper,
                   int32_t zeroPoint) {
  // The bounds are integers and rounding is monotone: clamping first gives the same code, and what
  // is rounded stays small.
  real = emit.maxF(real, emit.real(real.getType(), lower - zeroPoint));
  real = emit.minF(real, emit.real(real.getType(), upper - zeroPoint));
  return emit.add(rows.roundToInt(emit.builder, emit.loc, real), zeroPoint);
}

//===----------------------------------------------------------------------===//
// ChannelClamp
//===----------------------------------------------------------------------===//

ChannelClamp::ChannelClamp(ProgramBuilder &builder, Operation *op, const CodeBounds &bounds,
                           ArrayRef<int64_t> resultShape) {
  if (!bounds.perChannel())
    return;
  int64_t channels = resultShape.back();
  for (ArrayRef<int32_t> codes :
       {ArrayRef<int32_t>(bounds.lower), ArrayRef<int32_t>(bounds.upper)}) {
    SmallVector<int32_t> all(codes);
    all.resize(channels, codes.front());
    auto *bytes = reinterpret_cast<const char *>(all.data());
    args.push_back(builder.constant("bounds", {bytes, all.size() * sizeof(int32_t)}));
    views.push_back(ElementView::dense({channels}, sizeof(int32_t)).broadcast(resultShape));
    views.back().whole = false;
  }
}

void ChannelClamp::addOperands(SmallVectorImpl<ElementView> &allViews,
                               SmallVectorImpl<StepArg> &allArgs) const {
  allViews.append(views.begin(), views.end());
  allArgs.append(args.begin(), args.end());
}

Value ChannelClamp::apply(Emitter &emit, Value codes, ArrayRef<Access> accesses) const {
  if (views.empty())
    return codes;
  int64_t width = Emitter::widthOf(codes);
  ArrayRef<Access> bounds = accesses.take_back(2);
  Value lower = loadElements(emit, bounds[0], emit.intType(32), width);
  Value upper = loadElements(emit, bounds[1], emit.intType(32), width);
  return emit.min(emit.max(codes, lower), upper);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

void addElementwiseStep(ProgramBuilder &builder, Operation *op, StringRef name, StringRef signature,
                        ArrayRef<ElementView> views, ArrayRef<StepArg> args, int64_t lanes,
                        llvm::function_ref<void(Emitter &, ArrayRef<Access>, int64_t)> body) {
  IterationSpace space(views);
  std::string full = (signature + " " + space.getSignature()).str();
  func::FuncOp kernel = builder.getOrCreateKernel(
      name, full, args.size(),
      [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin, Value end) {
        Emitter emit(b, loc);
        space.emit(emit, pointers, begin, end, lanes,
                   [&](ArrayRef<Access> accesses, int64_t width) { body(emit, accesses, width); });
      });
  builder.addStep(op, kernel, args, space.getUnits(), space.getMinUnitsPerTask());
}

void addCopyStep(ProgramBuilder &builder, Operation *op, StringRef name, Value x,
                 const ElementView &from, Value y, const ElementView &to) {
  const BufferLayout &layout = builder.getLayout(y);
  bool flips = builder.getLayout(x).flipped != layout.flipped;
  addElementwiseStep(
      builder, op, name, flips ? "flip" : "", {from, to}, {builder.tensor(x), builder.tensor(y)},
      lanesFor(builder.getRows(), layout), [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
        Type element = emit.intType(8 * layout.elementBytes);
        Value moved = loadElements(emit, at[0], element, width);
        emit.store(flips ? flipBytes(emit, moved) : moved, at[1].address, layout.elementBytes);
      });
}

} // namespace qopt::codegen

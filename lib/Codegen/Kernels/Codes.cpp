// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that map stored codes to stored codes without arithmetic: clamp and lookup.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

//===----------------------------------------------------------------------===//
// clamp
//===----------------------------------------------------------------------===//

/// Clamps bytes in place: signed codes, or unsigned ones where they are flipped.
Value clampBytes(Emitter &emit, Value bytes, Value lower, Value upper, bool flipped) {
  if (!flipped)
    return emit.min(emit.max(bytes, lower), upper);
  Value raised = arith::MaxUIOp::create(emit.builder, emit.loc, bytes, lower);
  return arith::MinUIOp::create(emit.builder, emit.loc, raised, upper);
}

/// One byte per channel, as an operand that repeats along the other dimensions.
void addByteOperand(ProgramBuilder &builder, ArrayRef<int32_t> codes, ArrayRef<int64_t> shape,
                    SmallVectorImpl<ElementView> &views, SmallVectorImpl<StepArg> &args) {
  SmallVector<char> bytes(shape.back(), static_cast<char>(codes.front()));
  if (codes.size() > 1)
    llvm::transform(codes, bytes.begin(), [](int32_t code) { return static_cast<char>(code); });
  args.push_back(builder.constant("bounds", bytes));
  views.push_back(ElementView::dense({shape.back()}, 1).broadcast(shape));
  views.back().whole = false;
}

struct ClampKernel : KernelOpInterface::ExternalModel<ClampKernel, ClampOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    Value x = op->getOperand(0), y = op->getResult(0);
    FailureOr<Grid> grid = getGrid(op, x);
    if (failed(grid))
      return failure();
    bool flipped = builder.getLayout(x).flipped, flips = flipped != builder.getLayout(y).flipped;
    CodeBounds bounds = getBounds(op, *grid, builder.getLayout(x));
    SmallVector<ElementView> views = {viewOf(builder, x), viewOf(builder, y)};
    SmallVector<StepArg> args = {builder.tensor(x), builder.tensor(y)};
    if (bounds.perChannel()) {
      ArrayRef<int64_t> shape = cast<RankedTensorType>(y.getType()).getShape();
      addByteOperand(builder, bounds.lower, shape, views, args);
      addByteOperand(builder, bounds.upper, shape, views, args);
    }
    std::string signature =
        llvm::formatv("[{0},{1}] {2} {3} {4}", bounds.lower.front(), bounds.upper.front(),
                      bounds.perChannel(), flipped, flips);
    addElementwiseStep(
        builder, op, "clamp", signature, views, args, byteLanes(builder.getRows()),
        [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
          auto bound = [&](size_t operand, ArrayRef<int32_t> codes) {
            if (!bounds.perChannel())
              return emit.integer(emit.intType(8, width), static_cast<int8_t>(codes.front()));
            return loadElements(emit, at[operand], emit.intType(8), width);
          };
          Value bytes = loadElements(emit, at[0], emit.intType(8), width);
          bytes = clampBytes(emit, bytes, bound(2, bounds.lower), bound(3, bounds.upper), flipped);
          emit.store(flips ? flipBytes(emit, bytes) : bytes, at[1].address);
        });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// lookup
//===----------------------------------------------------------------------===//

/// The table in the order of the bytes at rest, its entries at rest as well. Bytes at rest are
/// q + 128 where flipped, else q modulo 256.
SmallVector<char> tableAtRest(ArrayRef<int32_t> table, bool inputFlipped, bool outputFlipped) {
  SmallVector<char> bytes(256);
  for (int32_t index = 0; index < 256; ++index) {
    int32_t atRest = inputFlipped ? index : (index + 128) % 256;
    bytes[atRest] = static_cast<char>(table[index] ^ (outputFlipped ? 128 : 0));
  }
  return bytes;
}

struct LookupKernel : KernelOpInterface::ExternalModel<LookupKernel, LookupOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto lookup = cast<LookupOp>(op);
    Value x = lookup.getInput(), y = lookup.getOutput();
    if (failed(getGrid(op, x)) || failed(getGrid(op, y)))
      return failure();
    ConstantOp constant = getConstant(lookup.getTable());
    std::optional<SmallVector<int32_t>> table;
    if (constant)
      table = getCodes(constant);
    if (!table || table->size() != 256)
      return emitLayerError(op) << "needs a constant table of 256 entries";
    StepArg atRest = builder.constant(
        "table", tableAtRest(*table, builder.getLayout(x).flipped, builder.getLayout(y).flipped));
    ElementView tableView = ElementView::dense({1}, 1).broadcast(viewOf(builder, x).shape);
    addElementwiseStep(builder, op, "lookup", "",
                       {viewOf(builder, x), viewOf(builder, y), tableView},
                       {builder.tensor(x), builder.tensor(y), atRest}, 1,
                       [&](Emitter &emit, ArrayRef<Access> at, int64_t) {
                         Value byte = emit.load(emit.intType(8), at[0].address);
                         Value index = arith::IndexCastUIOp::create(
                             emit.builder, emit.loc, emit.builder.getIndexType(), byte);
                         Value entry = emit.address(at[2].address, index);
                         emit.store(emit.load(emit.intType(8), entry), at[1].address);
                       });
    return success();
  }
};

} // namespace

void attachCodeKernels(MLIRContext &context) {
  ClampOp::attachInterface<ClampKernel>(context);
  LookupOp::attachInterface<LookupKernel>(context);
}

} // namespace qopt::codegen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of add, sub and mul, with broadcasting.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Quantization/AccumulatorBound.h"
#include "qopt/Quantization/Add.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

/// An element-wise op of two operands: grids, layouts and the clamp of its result.
struct BinaryLayer {
  ProgramBuilder &builder;
  Operation *op;
  Grid lhs, rhs, result;
  const BufferLayout &lhsLayout, &rhsLayout, &resultLayout;
  CodeBounds bounds;

  static FailureOr<BinaryLayer> get(Operation *op, ProgramBuilder &builder);

  /// The bounds that hold for all channels.
  int32_t lower() const {
    return bounds.perChannel() ? resultStorage(result.storage.min) : bounds.lower.front();
  }
  int32_t upper() const {
    return bounds.perChannel() ? resultStorage(result.storage.max) : bounds.upper.front();
  }
  std::string getSignature() const;

  /// Adds the step; `arithmetic` makes clamped codes at rest from a - z_a and b - z_b.
  using Arithmetic = llvm::function_ref<Value(Emitter &, Value a, Value b)>;
  void addStep(StringRef name, StringRef signature, Arithmetic arithmetic) const;

private:
  int32_t resultStorage(int32_t code) const { return resultLayout.flipped ? code + 128 : code; }
};

FailureOr<BinaryLayer> BinaryLayer::get(Operation *op, ProgramBuilder &builder) {
  Value a = op->getOperand(0), b = op->getOperand(1), y = op->getResult(0);
  FailureOr<Grid> lhs = getGrid(op, a), rhs = getGrid(op, b), result = getGrid(op, y);
  if (failed(lhs) || failed(rhs) || failed(result))
    return failure();
  const BufferLayout &layout = builder.getLayout(y);
  return BinaryLayer{builder,
                     op,
                     *lhs,
                     *rhs,
                     *result,
                     builder.getLayout(a),
                     builder.getLayout(b),
                     layout,
                     getBounds(op, *result, layout)};
}

std::string BinaryLayer::getSignature() const {
  return llvm::formatv("a{0}{1} b{2}{3} y{4}{5} [{6},{7}] {8}", lhs.zeroPoint, lhsLayout.flipped,
                       rhs.zeroPoint, rhsLayout.flipped, result.zeroPoint, resultLayout.flipped,
                       lower(), upper(), bounds.perChannel());
}

void BinaryLayer::addStep(StringRef name, StringRef signature, Arithmetic arithmetic) const {
  Value a = op->getOperand(0), b = op->getOperand(1), y = op->getResult(0);
  ArrayRef<int64_t> shape = cast<RankedTensorType>(y.getType()).getShape();
  SmallVector<ElementView> views = {viewOf(builder, a).broadcast(shape),
                                    viewOf(builder, b).broadcast(shape), viewOf(builder, y)};
  SmallVector<StepArg> args = {builder.tensor(a), builder.tensor(b), builder.tensor(y)};
  ChannelClamp clamp(builder, op, bounds, shape);
  clamp.addOperands(views, args);
  std::string full = (getSignature() + " " + signature).str();
  addElementwiseStep(builder, op, name, full, views, args, builder.getRows().getElementLanes(),
                     [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
                       Value left = loadCentered(emit, at[0], lhsLayout, width);
                       Value right = loadCentered(emit, at[1], rhsLayout, width);
                       Value codes = arithmetic(emit, left, right);
                       storeCodes(emit, clamp.apply(emit, codes, at), at[2]);
                     });
}

//===----------------------------------------------------------------------===//
// add, sub
//===----------------------------------------------------------------------===//

Value combine(Emitter &emit, bool subtract, Value left, Value right) {
  return subtract ? emit.sub(left, right) : emit.add(left, right);
}

/// rne(f32(f32(a·M_a) ± f32(b·M_b))).
void addFloatStep(const BinaryLayer &layer, bool subtract, const Fp32Add &constants) {
  std::string signature =
      llvm::formatv("fp32 {0} {1} {2}", subtract, llvm::bit_cast<int32_t>(constants.a),
                    llvm::bit_cast<int32_t>(constants.b));
  layer.addStep("add", signature, [&](Emitter &emit, Value a, Value b) {
    Value left = emit.toFloat(a), right = emit.toFloat(b);
    left = emit.mulF(left, emit.real(left.getType(), constants.a));
    right = emit.mulF(right, emit.real(right.getType(), constants.b));
    Value sum = subtract ? emit.subF(left, right) : emit.addF(left, right);
    return roundToCodes(emit, layer.builder.getRows(), sum, layer.lower(), layer.upper(),
                        layer.resultLayout.zeroAtRest());
  });
}

/// (a·A ± b·B + 2^(k-1)) >> k; the choice of k keeps the sum inside 32 bits.
void addFixedStep(const BinaryLayer &layer, bool subtract, const FixedAdd &constants) {
  std::string signature =
      llvm::formatv("fixed {0} {1} {2} {3}", subtract, constants.a, constants.b, constants.shift);
  layer.addStep("add", signature, [&](Emitter &emit, Value a, Value b) {
    Value sum = combine(emit, subtract, emit.mul(a, constants.a), emit.mul(b, constants.b));
    sum = emit.add(sum, int64_t{1} << (constants.shift - 1));
    sum = emit.shiftRight(sum, emit.integer(sum.getType(), constants.shift));
    return emit.clamp(emit.add(sum, layer.resultLayout.zeroAtRest()), layer.lower(), layer.upper());
  });
}

/// TFLite's form: both operands, shifted left by 20, to the common scale, then the sum to the
/// result's. |a| < 2^8, so that the shifted operands and their sum stay below 2^29.
void addFixedDoubleStep(const BinaryLayer &layer, bool subtract, const FixedDoubleAdd &constants) {
  constexpr int64_t kLargest = int64_t{255} << FixedDoubleAdd::kLeftShift;
  const RowSet &rows = layer.builder.getRows();
  auto arithmetic = [&](const FixedDoubleMultiplier &m, int64_t largest, int32_t zeroPoint) {
    RequantizeSpec spec;
    spec.multipliers = {m};
    spec.lower = {layer.lower()}, spec.upper = {layer.upper()};
    spec.maxAbsAccumulator = largest;
    spec.zeroPoint = zeroPoint;
    return RequantizeBuilder(rows, spec);
  };
  RequantizeBuilder toCommonA = arithmetic(constants.a, kLargest, 0);
  RequantizeBuilder toCommonB = arithmetic(constants.b, kLargest, 0);
  RequantizeBuilder toResult =
      arithmetic(constants.out, 2 * kLargest, layer.resultLayout.zeroAtRest());
  std::string signature =
      llvm::formatv("fixed-double {0} {1} {2} {3}", subtract, toCommonA.getSignature(),
                    toCommonB.getSignature(), toResult.getSignature());
  layer.addStep("add", signature, [&](Emitter &emit, Value a, Value b) {
    auto operands = [&](const RequantizeBuilder &form) {
      return form.loadOperands(emit, {}, 0, {}, Emitter::widthOf(a));
    };
    int64_t one = int64_t{1} << FixedDoubleAdd::kLeftShift;
    Value left = toCommonA.emitUnclamped(emit, emit.mul(a, one), operands(toCommonA));
    Value right = toCommonB.emitUnclamped(emit, emit.mul(b, one), operands(toCommonB));
    Value sum = combine(emit, subtract, left, right);
    return toResult.emitCodes(emit, sum, operands(toResult));
  });
}

template <typename OpTy, bool kSubtract>
struct AddKernel : KernelOpInterface::ExternalModel<AddKernel<OpTy, kSubtract>, OpTy> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    FailureOr<BinaryLayer> layer = BinaryLayer::get(op, builder);
    if (failed(layer))
      return failure();
    FailureOr<AddConstants> constants =
        orEmit(op, prepareAdd(toNumerics(builder.getContract()), layer->lhs, layer->rhs,
                              layer->result.scale));
    if (failed(constants))
      return failure();
    if (auto *fp32 = std::get_if<Fp32Add>(&*constants))
      addFloatStep(*layer, kSubtract, *fp32);
    else if (auto *fixed = std::get_if<FixedAdd>(&*constants))
      addFixedStep(*layer, kSubtract, *fixed);
    else
      addFixedDoubleStep(*layer, kSubtract, std::get<FixedDoubleAdd>(*constants));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// mul
//===----------------------------------------------------------------------===//

struct MulKernel : KernelOpInterface::ExternalModel<MulKernel, MulOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    FailureOr<BinaryLayer> layer = BinaryLayer::get(op, builder);
    if (failed(layer))
      return failure();
    const Grid &a = layer->lhs, &b = layer->rhs;
    AccumulatorInterval bound = boundProduct(a.storage, a.zeroPoint, b.storage, b.zeroPoint);
    FailureOr<RequantizeSpec> spec =
        getRequantizeSpec(op, builder, {productMultiplier(a.scale, b.scale, layer->result.scale)},
                          bound.maxAbs(), op->getResult(0));
    if (failed(spec))
      return failure();
    RequantizeBuilder arithmetic(builder.getRows(), *spec);
    layer->addStep("mul", arithmetic.getSignature(), [&](Emitter &emit, Value left, Value right) {
      auto operands = arithmetic.loadOperands(emit, {}, 0, {}, Emitter::widthOf(left));
      return arithmetic.emitCodes(emit, emit.mul(left, right), operands);
    });
    return success();
  }
};

} // namespace

void attachBinaryKernels(MLIRContext &context) {
  AddOp::attachInterface<AddKernel<AddOp, false>>(context);
  SubOp::attachInterface<AddKernel<SubOp, true>>(context);
  MulOp::attachInterface<MulKernel>(context);
}

} // namespace qopt::codegen

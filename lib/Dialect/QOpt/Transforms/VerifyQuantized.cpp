// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/Transforms/Passes.h"

#include "AccumulatorProof.h"
#include "LevelChecks.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

namespace qopt {
#define GEN_PASS_DEF_VERIFYQUANTIZED
#include "qopt/Dialect/QOpt/Transforms/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

/// Signed storage of at most 8 bits, per tensor except for constants.
static LogicalResult checkType(Operation *op, Value value) {
  std::optional<QuantParams> params = getQuantParams(value.getType());
  if (!params)
    return success();
  if (!params->isSigned)
    return emitLayerError(op) << "stores unsigned values; run "
                                 "qopt-rewrite-storage=signedness=signed";
  if (params->storageBits > 8)
    return emitLayerError(op) << "stores more than 8 bits";
  if (params->axis >= 0 && !value.getDefiningOp<ConstantOp>())
    return emitLayerError(op) << "stores an activation per axis; activations are per tensor";
  return success();
}

/// f32 may come from the boundary, from the last accumulator and from moves of either.
static bool mayBeFloat(Operation *op) {
  if (isa<DequantizeOp>(op))
    return true;
  if (isa<WeightedOpInterface, SoftmaxOp>(op))
    return isQuantized(op->getOperand(0));
  return isa<ReshapeOp, TransposeOp>(op);
}

static LogicalResult checkParameters(WeightedOpInterface layer) {
  if (!isQuantized(layer.getWeightsValue()) || !getConstant(layer.getWeightsValue()))
    return emitLayerError(layer) << "its weights are no quantized constant";
  if (Value bias = layer.getBiasValue(); bias && !getConstant(bias))
    return emitLayerError(layer) << "its bias is not constant";
  return success();
}

/// Bytes from outside, which become signed before anything computes with them.
static bool isPixels(BlockArgument argument) {
  std::optional<QuantParams> params = getQuantParams(argument.getType());
  return params && !params->isSigned && params->storageBits <= 8 && params->axis < 0 &&
         llvm::all_of(argument.getUsers(), [](Operation *op) { return isa<RequantizeOp>(op); });
}

static LogicalResult checkOp(Operation *op) {
  if (isa<ObserveOp, FakeQuantOp, UnaryOp, BatchNormOp>(op))
    return emitLayerError(op) << "has no place on the quantized level; run "
                                 "convert-qopt-fake-quant-to-quantized";
  for (Value result : op->getResults()) {
    if (failed(checkType(op, result)))
      return failure();
    if (getElementTypeOrSelf(result).isF32() && !mayBeFloat(op))
      return emitLayerError(op) << "computes in f32; the quantized level has no float arithmetic";
  }
  if (auto layer = dyn_cast<WeightedOpInterface>(op); layer && failed(checkParameters(layer)))
    return failure();
  if (auto accumulating = dyn_cast<AccumulatorOpInterface>(op))
    return success(succeeded(proveAccumulator(accumulating)));
  return success();
}

namespace {
struct VerifyQuantizedPass : qopt::impl::VerifyQuantizedBase<VerifyQuantizedPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isDeclaration() && failed(check(function)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  static LogicalResult check(func::FuncOp function) {
    if (!function->hasAttr(kContractAttr))
      return function.emitError() << "has no " << kContractAttr
                                  << "; run convert-qopt-fake-quant-to-quantized";
    if (failed(checkBody(function)))
      return failure();
    for (BlockArgument argument : function.getArguments())
      if (!isPixels(argument) && failed(checkType(function, argument)))
        return failure();
    for (Operation &op : function.getOps())
      if (failed(checkOp(&op)))
        return failure();
    return success();
  }
};
} // namespace

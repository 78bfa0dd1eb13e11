// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Conversion/Passes.h"

#include "Parameters.h"
#include "qopt/Analysis/LayerMeans.h"
#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/PixelInput.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

namespace qopt {
#define GEN_PASS_DEF_CONVERTQOPTFAKEQUANTTOQUANTIZED
#include "qopt/Conversion/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// Converts one function in place, from its arguments down: when an op is reached, its operands
/// have their final types.
struct ConvertPass : qopt::impl::ConvertQOptFakeQuantToQuantizedBase<ConvertPass> {
  using ConvertQOptFakeQuantToQuantizedBase::ConvertQOptFakeQuantToQuantizedBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    if (failed(checkOptions()) || failed(convertArguments()))
      return signalPassFailure();
    for (Operation &op : llvm::make_early_inc_range(function.getOps()))
      if (failed(convert(&op)))
        return signalPassFailure();
    eraseDeadConstants();
    updateFunctionType();
    function->setAttr(kContractAttr, ContractAttr::get(&getContext(), contractKind));
  }

private:
  LogicalResult checkOptions();
  LogicalResult convertArguments();
  void convertPixels(BlockArgument argument);
  LogicalResult convert(Operation *op);
  LogicalResult convertFakeQuant(FakeQuantOp op);
  LogicalResult convertReturn(func::ReturnOp op);
  LogicalResult convertLayer(Operation *op, QuantizationRule rule);
  LogicalResult convertMove(Operation *op);
  LogicalResult convertArithmetic(Operation *op);
  LogicalResult convertUnrounded(Operation *op);
  LogicalResult convertAdd(AddOp op);
  LogicalResult checkOperands(Operation *op);
  void eraseDeadConstants();
  void updateFunctionType();

  Contract contractKind = Contract::Fp32;
};

} // namespace

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

static void setElementType(Value value, Type elementType) {
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  value.setType(RankedTensorType::get(shape, elementType));
}

/// The type that rounds `value`: that of the fake_quants which read it. Null where none does; an
/// error where they differ, or where something reads the value unrounded as well.
static FailureOr<Type> getRoundedType(Value value, Operation *reportAt) {
  Type type;
  for (Operation *user : value.getUsers()) {
    auto fakeQuant = dyn_cast<FakeQuantOp>(user);
    if (fakeQuant && type && fakeQuant.getType() != type)
      return emitLayerError(reportAt) << "is rounded to two different types; keep one fake_quant";
    if (fakeQuant)
      type = fakeQuant.getType();
  }
  for (Operation *user : value.getUsers())
    if (type && !isa<FakeQuantOp>(user))
      return emitLayerError(reportAt) << "is read both rounded and unrounded (by "
                                      << user->getName() << "); let all read the fake_quant";
  return type;
}

//===----------------------------------------------------------------------===//
// The function's boundary
//===----------------------------------------------------------------------===//

LogicalResult ConvertPass::checkOptions() {
  std::optional<Contract> kind = symbolizeContract(contract);
  if (!kind)
    return emitError(getOperation().getLoc()) << "unknown contract '" << contract
                                              << "': use fp32, fixed, fixed-double or power-of-two";
  contractKind = *kind;
  if (io != "float" && io != "quantized")
    return emitError(getOperation().getLoc())
           << "unknown io option '" << io << "': use float or quantized";
  return success();
}

/// Pixels are bytes whatever `io` is; the fake_quants then find them on the grid of pixels.
void ConvertPass::convertPixels(BlockArgument argument) {
  MLIRContext *context = &getContext();
  auto type = cast<RankedTensorType>(argument.getType());
  OpBuilder builder(context);
  builder.setInsertionPointToStart(argument.getOwner());
  auto pixels = RequantizeOp::create(builder, argument.getLoc(),
                                     type.clone(getPerTensorType(context, 1.0f, -128)), argument);
  argument.replaceAllUsesExcept(pixels.getOutput(), pixels);
  setElementType(argument, getPerTensorType(context, 1.0f, 0, 0, 255, /*isSigned=*/false));
}

/// With quantized arguments, their types change; the fake_quants then find them on their grid.
LogicalResult ConvertPass::convertArguments() {
  for (BlockArgument argument : getOperation().getArguments()) {
    if (getPixelInput(getOperation(), argument.getArgNumber())) {
      convertPixels(argument);
      continue;
    }
    if (io != "quantized")
      continue;
    FailureOr<Type> type = getRoundedType(argument, getOperation());
    if (failed(type))
      return failure();
    if (!*type)
      return getOperation().emitError()
             << "argument " << argument.getArgNumber()
             << " is on no grid, so it cannot be passed quantized; put a "
                "qopt.fake_quant on it or use io=float";
    setElementType(argument, *type);
  }
  return success();
}

LogicalResult ConvertPass::convertReturn(func::ReturnOp op) {
  OpBuilder builder(op);
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (io == "quantized" && !isQuantized(value))
      return op.emitError() << "result " << operand.getOperandNumber()
                            << " is on no grid, so it cannot be returned quantized; use "
                               "logits=quantized in qopt-nudge-ranges, or io=float";
    if (io == "quantized" || !isQuantized(value))
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    Type floatType = RankedTensorType::get(type.getShape(), builder.getF32Type());
    operand.set(DequantizeOp::create(builder, value.getLoc(), floatType, value));
  }
  return success();
}

void ConvertPass::updateFunctionType() {
  func::FuncOp function = getOperation();
  Operation *terminator = function.getBody().front().getTerminator();
  function.setType(FunctionType::get(&getContext(), function.getBody().getArgumentTypes(),
                                     terminator->getOperandTypes()));
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult ConvertPass::convert(Operation *op) {
  if (auto fakeQuant = dyn_cast<FakeQuantOp>(op))
    return convertFakeQuant(fakeQuant);
  if (auto terminator = dyn_cast<func::ReturnOp>(op))
    return convertReturn(terminator);
  bool isConverted = isa<RequantizeOp>(op) && isQuantized(op->getOperand(0)); // pixels
  if (isa<ConstantOp>(op) || isConverted)
    return success();
  if (auto observer = dyn_cast<ObserveOp>(op))
    return observer.emitError() << "observer '" << observer.getName()
                                << "' is left; run qopt-nudge-ranges first";
  if (std::optional<QuantizationRule> rule = getQuantizationRule(op))
    return convertLayer(op, *rule);
  return op->emitError() << op->getName() << " has no place on the quantized level";
}

/// By now a layer that this op rounds has the type itself.
LogicalResult ConvertPass::convertFakeQuant(FakeQuantOp op) {
  OpBuilder builder(op);
  Value input = op.getInput(), result;
  auto type = cast<RankedTensorType>(op.getOutput().getType()).clone(op.getType());
  if (input.getDefiningOp<ConstantOp>() && !isQuantized(input)) {
    FailureOr<ConstantOp> constant = quantizeConstant(op);
    if (failed(constant))
      return failure();
    result = constant->getOutput();
  } else if (!isQuantized(input)) {
    result = QuantizeOp::create(builder, op.getLoc(), type, input);
  } else if (getQuantizedElementType(input.getType()) == op.getType()) {
    result = input;
  } else {
    result = RequantizeOp::create(builder, op.getLoc(), type, input);
    ++numRequantizes;
  }
  op.getOutput().replaceAllUsesWith(result);
  op.erase();
  return success();
}

LogicalResult ConvertPass::convertLayer(Operation *op, QuantizationRule rule) {
  if (rule == QuantizationRule::FloatOnly)
    return emitLayerError(op) << "exists on the float level only; fold it with "
                                 "qopt-fold-batch-norm before observers are inserted";
  if (op->use_empty()) {
    op->erase();
    return success();
  }
  if (rule == QuantizationRule::SameType)
    return convertMove(op);
  if (auto add = dyn_cast<AddOp>(op); add && findResidualConv(add))
    return convertAdd(add);
  return convertArithmetic(op);
}

/// Bytes move: all operands and the result are of one type.
LogicalResult ConvertPass::convertMove(Operation *op) {
  if (llvm::none_of(op->getOperands(), isQuantized))
    return success(); // before the first rounding, or after the last accumulator
  Type type = getQuantizedElementType(op->getOperand(0).getType());
  auto hasType = [&](Value value) { return getQuantizedElementType(value.getType()) == type; };
  if (!llvm::all_of(op->getOperands(), hasType)) {
    FailureOr<Type> rounded = getRoundedType(op->getResult(0), op);
    if (failed(rounded))
      return failure();
    type = *rounded;
    if (!type || !llvm::all_of(op->getOperands(), isQuantized))
      return emitLayerError(op)
             << "moves bytes, so its operands must be of one type; give them the "
                "same fake_quant, or put one after it to which they are "
                "requantized";
    OpBuilder builder(op);
    for (OpOperand &operand : op->getOpOperands()) {
      if (hasType(operand.get()))
        continue;
      auto tensor = cast<RankedTensorType>(operand.get().getType()).clone(type);
      operand.set(RequantizeOp::create(builder, op->getLoc(), tensor, operand.get()));
      ++numRequantizes;
    }
  }
  setElementType(op->getResult(0), type);
  return success();
}

LogicalResult ConvertPass::checkOperands(Operation *op) {
  LogicalResult result = success();
  forEachActivation(op, [&](OpOperand &operand) {
    if (succeeded(result) && !isQuantized(operand.get()))
      result = emitLayerError(op) << "operand " << operand.getOperandNumber()
                                  << " is on no grid; put a qopt.fake_quant on it";
  });
  auto weighted = dyn_cast<WeightedOpInterface>(op);
  if (succeeded(result) && weighted && !isQuantized(weighted.getWeightsValue()))
    result = emitLayerError(op) << "its weights are on no grid; put a qopt.fake_quant on them";
  return result;
}

LogicalResult ConvertPass::convertArithmetic(Operation *op) {
  if (failed(checkOperands(op)))
    return failure();
  if (auto weighted = dyn_cast<WeightedOpInterface>(op); weighted && failed(quantizeBias(weighted)))
    return failure();
  FailureOr<Type> type = getRoundedType(op->getResult(0), op);
  if (failed(type))
    return failure();
  if (!*type)
    return convertUnrounded(op);
  auto perTensor = dyn_cast<quant::UniformQuantizedType>(*type);
  if (!perTensor)
    return emitLayerError(op) << "activations are quantized per tensor, not per axis";
  if (auto unary = dyn_cast<UnaryOp>(op))
    return convertToLookup(unary, perTensor);
  setElementType(op->getResult(0), perTensor);
  return success();
}

/// Two kinds of layers may keep an unrounded result: the last accumulator, and a convolution whose
/// sum with a residual is what gets rounded (it stays f32 until the addition is reached).
LogicalResult ConvertPass::convertUnrounded(Operation *op) {
  if (isFloatLogits(op))
    return success();
  if (!isFusedIntoResidualAdd(op))
    return emitLayerError(op) << "its result is rounded nowhere; put a qopt.fake_quant after it";
  if (contractKind != Contract::Fp32)
    return emitLayerError(op) << "feeds an addition unrounded, which only the contract fp32 fuses; "
                                 "use fuse-residuals=false in qopt-nudge-ranges";
  return success();
}

/// The recorded means of the sum, and the convolution's own.
static void moveMeans(AddOp add, Conv2DOp conv) {
  Attribute sum = add->getAttr(kMeanBeforeAttr), own = conv->getAttr(kMeanBeforeAttr);
  if (!sum || !own)
    return;
  conv->setAttr(kMeanAccumulatorAttr, own);
  conv->setAttr(kMeanBeforeAttr, sum);
  conv->setAttr(kMeanAfterAttr, add->getAttr(kMeanAfterAttr));
}

/// conv + add becomes one convolution with a residual, which rounds once.
LogicalResult ConvertPass::convertAdd(AddOp op) {
  Conv2DOp conv = findResidualConv(op);
  Value residual = getResidualOperand(op, conv);
  if (!isQuantized(residual))
    return emitLayerError(op) << "its residual operand is on no grid; put a qopt.fake_quant on it";
  FailureOr<Type> type = getRoundedType(op.getOutput(), op);
  if (failed(type))
    return failure();
  if (!*type)
    return emitLayerError(op) << "its result is rounded nowhere; put a qopt.fake_quant after it";
  conv.getResidualMutable().assign(residual);
  conv.setClampMinAttr(op.getClampMinAttr());
  conv.setClampMaxAttr(op.getClampMaxAttr());
  setElementType(conv.getOutput(), *type);
  moveMeans(op, conv);
  conv->setLoc(FusedLoc::get(&getContext(), {conv.getLoc(), op.getLoc()}));
  conv->moveBefore(op); // the residual may come after the convolution
  op.getOutput().replaceAllUsesWith(conv.getOutput());
  op.erase();
  ++numResiduals;
  return success();
}

/// Float parameters and unrounded biases have been replaced.
void ConvertPass::eraseDeadConstants() {
  for (auto constant : llvm::make_early_inc_range(getOperation().getOps<ConstantOp>()))
    if (constant->use_empty())
      constant.erase();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of element-wise arithmetic, clamps, lookups and softmax.
#include "EvaluationSupport.h"
#include "ModelRegistration.h"

#include "qopt/Analysis/UnaryFunctions.h"
#include "qopt/Quantization/FloatKernels.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

namespace {

//===----------------------------------------------------------------------===//
// add, sub, mul
//===----------------------------------------------------------------------===//

struct Plus {
  static float apply(float a, float b) { return a + b; }
};
struct Minus {
  static float apply(float a, float b) { return a - b; }
};
struct Times {
  static float apply(float a, float b) { return a * b; }
};

llvm::Error computeCodes(EvaluationContext &context, Operation *op, bool subtract,
                         const numerics::OutputRule &rule) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  auto constants = prepareAdd(toNumerics(getContract(op)), getGrid(lhs), getGrid(rhs),
                              getGrid(op->getResult(0)).scale);
  if (!constants)
    return constants.takeError();
  return setCodes(op, context, [&](numerics::Codes out) {
    addCodes(getOperand(context, lhs), getOperand(context, rhs), subtract, *constants, rule, out);
  });
}

llvm::Error computeCodes(EvaluationContext &context, AddOp op, const numerics::OutputRule &rule) {
  return computeCodes(context, op, /*subtract=*/false, rule);
}
llvm::Error computeCodes(EvaluationContext &context, SubOp op, const numerics::OutputRule &rule) {
  return computeCodes(context, op, /*subtract=*/true, rule);
}

llvm::Error computeCodes(EvaluationContext &context, MulOp op, const numerics::OutputRule &rule) {
  numerics::Grid lhs = getGrid(op.getLhs()), rhs = getGrid(op.getRhs());
  int64_t bound =
      largestMagnitude(lhs.storage, lhs.zeroPoint) * largestMagnitude(rhs.storage, rhs.zeroPoint);
  auto multiplier = prepareMultiplier(
      toNumerics(getContract(op)),
      numerics::productMultiplier(lhs.scale, rhs.scale, getGrid(op.getOutput()).scale), bound);
  if (!multiplier)
    return multiplier.takeError();
  return setCodes(op, context, [&](numerics::Codes out) {
    multiplyCodes(getOperand(context, op.getLhs()), getOperand(context, op.getRhs()), *multiplier,
                  rule, out);
  });
}

template <typename OpTy, typename Function>
struct BinaryModel
    : public EvaluationOpInterface::ExternalModel<BinaryModel<OpTy, Function>, OpTy> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<OpTy>(operation);
    ClampBounds clamp = getClampBounds(op);
    if (isQuantized(op.getOutput()))
      return computeCodes(context, op, getResultBounds(op.getOutput(), clamp).rule());
    Tensor result = makeResult(op.getOutput());
    numerics::zipFloat(getReals(context, op.getLhs()), getReals(context, op.getRhs()),
                       Function::apply, result.writeReals());
    clampInPlace(result, clamp);
    context.set(op.getOutput(), std::move(result));
    return llvm::Error::success();
  }
};

//===----------------------------------------------------------------------===//
// clamp, unary, lookup
//===----------------------------------------------------------------------===//

struct ClampModel : public EvaluationOpInterface::ExternalModel<ClampModel, ClampOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<ClampOp>(operation);
    ClampBounds clamp = getClampBounds(op);
    if (!isQuantized(op.getOutput()))
      return setReals(op, context, [&](numerics::Reals out) {
        numerics::clampFloat(getReals(context, op.getInput()), clamp.min, clamp.max, out);
      });
    ResultBounds bounds = getResultBounds(op.getOutput(), clamp);
    return setCodes(op, context, [&](numerics::Codes out) {
      clampCodes(context.get(op.getInput()).codeView(), bounds.lo, bounds.hi, out);
    });
  }
};

struct UnaryModel : public EvaluationOpInterface::ExternalModel<UnaryModel, UnaryOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<UnaryOp>(operation);
    double alpha = op.getAlpha().convertToFloat(), beta = op.getBeta().convertToFloat();
    UnaryKind kind = op.getKind();
    return setReals(op, context, [&](numerics::Reals out) {
      auto function = [&](double x) { return evaluateUnary(kind, x, alpha, beta); };
      numerics::mapFloat(getReals(context, op.getInput()), function, out);
    });
  }
};

struct LookupModel : public EvaluationOpInterface::ExternalModel<LookupModel, LookupOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<LookupOp>(operation);
    int32_t least = getQuantParams(op.getInput().getType())->isSigned ? -128 : 0;
    // The table holds stored bytes; those of an unsigned result count from 0.
    bool isSigned = getQuantParams(op.getOutput().getType())->isSigned;
    auto table = llvm::map_to_vector(context.get(op.getTable()).codes(), [&](int32_t byte) {
      return isSigned ? static_cast<int32_t>(static_cast<int8_t>(byte)) : (byte & 0xff);
    });
    return setCodes(op, context, [&](numerics::Codes out) {
      lookupCodes(context.get(op.getInput()).codeView(), least, table, out);
    });
  }
};

//===----------------------------------------------------------------------===//
// softmax
//===----------------------------------------------------------------------===//

struct SoftmaxModel : public EvaluationOpInterface::ExternalModel<SoftmaxModel, SoftmaxOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<SoftmaxOp>(operation);
    const Tensor &input = context.get(op.getInput());
    if (input.isReal())
      return setReals(op, context,
                      [&](numerics::Reals out) { numerics::softmaxFloat(input.realView(), out); });
    numerics::SoftmaxTable table = numerics::buildSoftmaxTable(getGrid(op.getInput()).scale);
    if (isQuantized(op.getOutput())) {
      ResultBounds bounds = getResultBounds(op.getOutput());
      return setCodes(op, context, [&](numerics::Codes out) {
        softmaxCodes(input.codeView(), table, bounds.rule(), out);
      });
    }
    return setReals(op, context, [&](numerics::Reals out) {
      numerics::Grid grid = numerics::softmaxOutputGrid();
      Tensor codes = Tensor::makeCodes(input.shape());
      softmaxCodes(input.codeView(), table, {grid.zeroPoint, grid.storage.min, grid.storage.max},
                   codes.writeCodes());
      dequantize(codes.codeView(), grid, out);
    });
  }
};

} // namespace

void qopt::detail::attachElementwiseModels(MLIRContext *context) {
  AddOp::attachInterface<BinaryModel<AddOp, Plus>>(*context);
  SubOp::attachInterface<BinaryModel<SubOp, Minus>>(*context);
  MulOp::attachInterface<BinaryModel<MulOp, Times>>(*context);
  ClampOp::attachInterface<ClampModel>(*context);
  UnaryOp::attachInterface<UnaryModel>(*context);
  LookupOp::attachInterface<LookupModel>(*context);
  SoftmaxOp::attachInterface<SoftmaxModel>(*context);
}

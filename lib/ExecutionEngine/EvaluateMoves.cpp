// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of ops that move elements: one template serves codes and reals.
#include "EvaluationSupport.h"
#include "ModelRegistration.h"

#include "qopt/Quantization/ElementMovers.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

namespace {

template <typename T>
numerics::ConstView<T> getView(const EvaluationContext &context, Value value) {
  if constexpr (std::is_same_v<T, float>)
    return context.get(value).realView();
  else
    return context.get(value).codeView();
}

/// Each op's move, for elements of type T.
template <typename T> void move(ConcatOp op, EvaluationContext &context, numerics::View<T> out) {
  auto operands =
      llvm::map_to_vector(op.getInputs(), [&](Value input) { return getView<T>(context, input); });
  numerics::concat<T>(operands, op.getAxis(), out);
}

template <typename T> void move(PadOp op, EvaluationContext &context, numerics::View<T> out) {
  float value = op.getValue().convertToFloat();
  T fill = static_cast<T>(value);
  if constexpr (std::is_same_v<T, int32_t>)
    fill = storageBound(value, getGrid(op.getOutput()));
  numerics::pad<T>(getView<T>(context, op.getInput()), op.getLow(), fill, out);
}

template <typename T> void move(TransposeOp op, EvaluationContext &context, numerics::View<T> out) {
  numerics::transpose<T>(getView<T>(context, op.getInput()), op.getPermutation(), out);
}

template <typename T> void move(SliceOp op, EvaluationContext &context, numerics::View<T> out) {
  numerics::slice<T>(getView<T>(context, op.getInput()), op.getStarts(), op.getSteps(), out);
}

template <typename T>
void move(ResizeNearestOp op, EvaluationContext &context, numerics::View<T> out) {
  numerics::resizeNearest<T>(getView<T>(context, op.getInput()), out);
}

template <typename OpTy>
struct MoveModel : public EvaluationOpInterface::ExternalModel<MoveModel<OpTy>, OpTy> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<OpTy>(operation);
    if (isQuantized(op.getOutput()))
      return setCodes(op, context, [&](numerics::Codes out) { move<int32_t>(op, context, out); });
    return setReals(op, context, [&](numerics::Reals out) { move<float>(op, context, out); });
  }
};

struct ReshapeModel : public EvaluationOpInterface::ExternalModel<ReshapeModel, ReshapeOp> {
  llvm::Error evaluate(Operation *operation, EvaluationContext &context) const {
    auto op = cast<ReshapeOp>(operation);
    context.set(op.getOutput(),
                context.get(op.getInput()).reshaped(op.getOutput().getType().getShape()));
    return llvm::Error::success();
  }
};

} // namespace

void qopt::detail::attachMoveModels(MLIRContext *context) {
  ConcatOp::attachInterface<MoveModel<ConcatOp>>(*context);
  PadOp::attachInterface<MoveModel<PadOp>>(*context);
  TransposeOp::attachInterface<MoveModel<TransposeOp>>(*context);
  SliceOp::attachInterface<MoveModel<SliceOp>>(*context);
  ResizeNearestOp::attachInterface<MoveModel<ResizeNearestOp>>(*context);
  ReshapeOp::attachInterface<ReshapeModel>(*context);
}

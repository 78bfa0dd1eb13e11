// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Backpropagation.h"

#include "LayerGradient.h"
#include "qopt/Analysis/UnaryFunctions.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/ExecutionEngine/EvaluationContext.h"
#include "qopt/Transforms/ParameterUtils.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static size_t getNumElements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

//===----------------------------------------------------------------------===//
// The way back
//===----------------------------------------------------------------------===//

std::vector<float> &Backpropagation::at(Value value) {
  std::vector<float> &own = gradients[value];
  own.resize(getNumElements(value), 0.0f);
  return own;
}

void Backpropagation::seed(Value value, ArrayRef<float> gradient) {
  for (auto [target, element] : llvm::zip_equal(at(value), gradient))
    target += element;
}

ArrayRef<float> Backpropagation::getGradient(Value value) const {
  auto found = gradients.find(value);
  return found == gradients.end() ? ArrayRef<float>() : ArrayRef<float>(found->second);
}

ArrayRef<float> Backpropagation::getWeightGradient(Operation *layer) const {
  auto found = weightGradients.find(layer);
  return found == weightGradients.end() ? ArrayRef<float>() : ArrayRef<float>(found->second);
}

SmallVector<float> Backpropagation::getElements(Value value) const {
  if (auto found = values.find(value); found != values.end())
    return llvm::to_vector(found->second.reals());
  if (std::optional<Floats> constant = getParameter(value))
    return std::move(*constant);
  return {};
}

/// At a bound and beyond it nothing that happens before the clamp is seen.
void Backpropagation::maskClamped(Operation *op, std::vector<float> &gradient) const {
  auto clamped = dyn_cast<ClampedOpInterface>(op);
  auto result = values.find(op->getResult(0));
  if (!clamped || result == values.end())
    return;
  ClampBounds bounds = getClampBounds(clamped);
  if (bounds.isIdentity())
    return;
  ArrayRef<float> elements = result->second.reals();
  size_t channels = getShape(op->getResult(0)).empty() ? 1 : getShape(op->getResult(0)).back();
  for (size_t begin = 0; begin < elements.size(); begin += channels)
    for (size_t c = 0; c < channels; ++c)
      if (elements[begin + c] <= bounds.low(c) || elements[begin + c] >= bounds.high(c))
        gradient[begin + c] = 0.0f;
}

void Backpropagation::run() {
  for (Operation &op : llvm::reverse(function.front())) {
    if (op.getNumResults() != 1 || isa<ConstantOp>(op))
      continue;
    auto found = gradients.find(op.getResult(0));
    if (found == gradients.end())
      continue;
    maskClamped(&op, found->second);
    // A copy of the handle only: operands may make the table grow.
    std::vector<float> gradient = std::move(found->second);
    pass(&op, gradient);
    gradients[op.getResult(0)] = std::move(gradient);
  }
}

void Backpropagation::pass(Operation *op, ArrayRef<float> gradient) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](WeightedOpInterface layer) { passLayer(layer, gradient); })
      .Case<AddOp, SubOp, MulOp>([&](auto binary) { passBinary(binary, gradient); })
      .Case([&](UnaryOp unary) { passUnary(unary, gradient); })
      .Case([&](MaxPool2DOp pool) { passMaxPool(pool, gradient); })
      .Case([&](AvgPool2DOp pool) { passAvgPool(pool, gradient); })
      .Case([&](ReduceMeanOp mean) { passMean(mean, gradient); })
      .Case<ClampOp, SoftmaxOp, ReshapeOp, ObserveOp, FakeQuantOp>(
          [&](auto same) { seed(same->getOperand(0), gradient); })
      .Default([&](Operation *other) { passMove(other, gradient); });
}

//===----------------------------------------------------------------------===//
// Layers with weights
//===----------------------------------------------------------------------===//

void Backpropagation::passLayer(WeightedOpInterface layer, ArrayRef<float> gradient) {
  if (auto conv = dyn_cast<Conv2DOp>(layer.getOperation()); conv && conv.getResidual())
    seed(conv.getResidual(), gradient);
  Value input = layer.getActivationValue();
  std::optional<Floats> weights = getParameter(layer.getWeightsValue());
  auto known = values.find(input);
  if (!weights || known == values.end())
    return;
  std::vector<float> centred(known->second.reals().begin(), known->second.reals().end());
  const ChannelSums &sums = statistics.find(input)->second;
  size_t channels = sums.sum.size();
  for (size_t c = 0; c < channels; ++c) {
    auto mean = static_cast<float>(sums.getMean(static_cast<int64_t>(c)));
    for (size_t i = c; i < centred.size(); i += channels)
      centred[i] -= mean;
  }
  std::vector<float> &own = weightGradients[layer];
  own.assign(weights->size(), 0.0f);
  LayerGradient(layer).add(gradient, *weights, centred, at(input), own);
}

//===----------------------------------------------------------------------===//
// Other ops
//===----------------------------------------------------------------------===//

/// The element of an operand that element `index` of a result of `shape` reads; dimensions of the
/// operand are those of the result or 1.
static size_t broadcastIndex(size_t index, ArrayRef<int64_t> shape, ArrayRef<int64_t> operand) {
  if (shape == operand)
    return index;
  size_t result = 0, stride = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    size_t coordinate = index % shape[d];
    index /= shape[d];
    if (operand[d] != 1)
      result += coordinate * stride;
    stride *= operand[d];
  }
  return result;
}

void Backpropagation::passBinary(Operation *op, ArrayRef<float> gradient) {
  ArrayRef<int64_t> shape = getShape(op->getResult(0));
  for (unsigned side : {0u, 1u}) {
    Value operand = op->getOperand(side), other = op->getOperand(1 - side);
    if (!values.contains(operand))
      continue; // a constant
    SmallVector<float> factors;
    if (isa<MulOp>(op) && (factors = getElements(other)).empty())
      continue;
    float sign = isa<SubOp>(op) && side == 1 ? -1.0f : 1.0f;
    std::vector<float> &target = at(operand);
    for (size_t i = 0; i < gradient.size(); ++i) {
      float factor = factors.empty() ? sign : factors[broadcastIndex(i, shape, getShape(other))];
      target[broadcastIndex(i, shape, getShape(operand))] += factor * gradient[i];
    }
  }
}

/// The slope between two points a little apart, which does for kinks as well.
void Backpropagation::passUnary(UnaryOp op, ArrayRef<float> gradient) {
  SmallVector<float> input = getElements(op.getInput());
  if (input.empty())
    return;
  double alpha = op.getAlpha().convertToFloat(), beta = op.getBeta().convertToFloat();
  std::vector<float> &target = at(op.getInput());
  for (auto [i, element] : llvm::enumerate(input)) {
    double x = element, step = 1e-4 * std::max(1.0, std::abs(x));
    double slope = (evaluateUnary(op.getKind(), x + step, alpha, beta) -
                    evaluateUnary(op.getKind(), x - step, alpha, beta)) /
                   (2 * step);
    if (std::isfinite(slope))
      target[i] += static_cast<float>(slope * gradient[i]);
  }
}

/// To the first of the greatest elements of each window.
void Backpropagation::passMaxPool(MaxPool2DOp op, ArrayRef<float> gradient) {
  SmallVector<float> input = getElements(op.getInput());
  if (input.empty())
    return;
  WindowTaps taps(getShape(op.getInput()), getShape(op.getOutput()),
                  Window::get(op.getKernel(), op.getStrides(), op.getPads(), op.getDilations()));
  size_t channels = getShape(op.getInput()).back();
  std::vector<int64_t> greatest(gradient.size(), -1);
  taps.forEach([&](int64_t result, int64_t, int64_t pixel) {
    for (size_t c = 0; c < channels; ++c) {
      int64_t &best = greatest[result * channels + c];
      auto candidate = static_cast<int64_t>(pixel * channels + c);
      if (best < 0 || input[candidate] > input[best])
        best = candidate;
    }
  });
  std::vector<float> &target = at(op.getInput());
  for (auto [element, best] : llvm::zip_equal(gradient, greatest))
    if (best >= 0)
      target[best] += element;
}

void Backpropagation::passAvgPool(AvgPool2DOp op, ArrayRef<float> gradient) {
  WindowTaps taps(getShape(op.getInput()), getShape(op.getOutput()),
                  Window::get(op.getKernel(), op.getStrides(), op.getPads(), {1, 1}));
  size_t channels = getShape(op.getInput()).back();
  std::vector<float> count(gradient.size() / channels, 0.0f);
  taps.forEach([&](int64_t result, int64_t, int64_t) { ++count[result]; });
  if (op.getCountIncludePad())
    llvm::fill(count, static_cast<float>(op.getKernel()[0] * op.getKernel()[1]));
  std::vector<float> &target = at(op.getInput());
  taps.forEach([&](int64_t result, int64_t, int64_t pixel) {
    for (size_t c = 0; c < channels; ++c)
      target[pixel * channels + c] += gradient[result * channels + c] / count[result];
  });
}

void Backpropagation::passMean(ReduceMeanOp op, ArrayRef<float> gradient) {
  ArrayRef<int64_t> shape = getShape(op.getInput());
  SmallVector<int64_t> kept(shape);
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  std::vector<float> &target = at(op.getInput());
  auto share = static_cast<float>(gradient.size()) / static_cast<float>(target.size());
  for (size_t i = 0; i < target.size(); ++i)
    target[i] += share * gradient[broadcastIndex(i, shape, kept)];
}

namespace {

/// Operands whose elements are their own positions, counted on from operand to operand; 0 is
/// nobody's, for padding.
class Positions final : public EvaluationContext {
public:
  explicit Positions(Operation *op) {
    float next = 1.0f;
    for (Value operand : op->getOperands()) {
      Tensor tensor = Tensor::makeReals(getShape(operand));
      float *elements = tensor.writeReals().data;
      for (int64_t i = 0; i < tensor.size(); ++i)
        elements[i] = next++;
      tensors[operand] = tensor;
    }
  }
  const Tensor &get(Value value) const override { return tensors.find(value)->second; }
  void set(Value value, Tensor tensor) override { tensors[value] = std::move(tensor); }

private:
  llvm::DenseMap<Value, Tensor> tensors;
};

} // namespace

/// Where an op moves elements, moving their positions tells which came from where.
void Backpropagation::passMove(Operation *op, ArrayRef<float> gradient) {
  constexpr size_t kExact = size_t{1} << 24; // positions that a float tells apart
  size_t total = 0;
  for (Value operand : op->getOperands())
    total += getNumElements(operand);
  auto evaluated = dyn_cast<EvaluationOpInterface>(op);
  if (!isa<ConcatOp, PadOp, TransposeOp, SliceOp, ResizeNearestOp>(op) || !evaluated ||
      total >= kExact)
    return;
  Positions positions(op);
  if (llvm::Error error = evaluated.evaluate(positions)) {
    llvm::consumeError(std::move(error));
    return;
  }
  ArrayRef<float> sources = positions.get(op->getResult(0)).reals();
  size_t begin = 1;
  for (Value operand : op->getOperands()) {
    size_t count = getNumElements(operand);
    // Once for a value that is an operand twice: its positions are those of its last occurrence.
    if (values.contains(operand)) {
      std::vector<float> &target = at(operand);
      for (auto [source, element] : llvm::zip_equal(sources, gradient))
        if (auto position = static_cast<size_t>(source);
            position >= begin && position < begin + count)
          target[position - begin] += element;
    }
    begin += count;
  }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ScaleGraph.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Transforms/ParameterUtils.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static int64_t getLastDim(Value value) {
  ArrayRef<int64_t> shape = getShape(value);
  return shape.empty() ? 1 : shape.back();
}

FailureOr<ScaleGraph> ScaleGraph::build(func::FuncOp function) {
  ScaleGraph graph(function);
  for (Operation &op : function.getOps())
    if (isa<ObserveOp, FakeQuantOp>(op))
      return op.emitError("equalization changes ranges, so it comes before observers and grids: "
                          "run it on the float network, before qopt-insert-observers");
  for (Value argument : function.getArguments()) {
    graph.addFresh(argument);
    graph.fix(argument, "the network's input keeps its scale");
  }
  for (Operation &op : function.getOps())
    graph.visit(&op);
  graph.finish();
  return graph;
}

void ScaleGraph::addFresh(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return;
  auto &own = channels[value];
  for (int64_t c = 0; c < std::max<int64_t>(getLastDim(value), 1); ++c)
    own.push_back(numChannels++);
  classes.grow(numChannels);
}

void ScaleGraph::join(Value first, Value second) {
  const auto &a = channels[first], &b = channels[second];
  for (size_t c = 0, end = std::max(a.size(), b.size()); c < end; ++c)
    classes.join(a[c % a.size()], b[c % b.size()]);
}

void ScaleGraph::fix(Value value, StringRef reason) {
  auto found = channels.find(value);
  if (found == channels.end())
    return; // no tensor
  for (unsigned channel : found->second)
    fixed.push_back({channel, reason.str()});
}

void ScaleGraph::fixOperation(Operation *op, StringRef reason) {
  for (Value operand : op->getOperands())
    fix(operand, reason);
  for (Value result : op->getResults()) {
    addFresh(result);
    fix(result, reason);
  }
}

/// Weights that two layers read would have to fit the scales of both.
static bool sharesWeights(WeightedOpInterface layer) {
  return llvm::any_of(layer.getWeightsValue().getUsers(),
                      [&](Operation *user) { return user != layer.getOperation(); });
}

void ScaleGraph::visitLayer(WeightedOpInterface layer) {
  Operation *op = layer.getOperation();
  std::string name = "'" + getLayerName(op).str() + "' ";
  auto conv = dyn_cast<Conv2DOp>(op);
  if (conv && conv.getResidual())
    return fixOperation(op, name + "adds a residual inside the layer");
  if (!hasLayerParameters(layer))
    return fixOperation(op, name + "has weights that are not constant floats");
  if (sharesWeights(layer))
    return fixOperation(op, name + "shares its weights with another layer");
  addFresh(op->getResult(0));
  layers.push_back(layer);
}

/// True where `op` gives channel c from channel c alone and scales with it.
static bool handsChannelsOn(Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case([](ReduceMeanOp mean) {
        int64_t last = getShape(mean.getInput()).size() - 1;
        return !llvm::is_contained(mean.getAxes(), last);
      })
      .Case([](ReshapeOp) { return true; })
      .Case([](PadOp pad) {
        return pad.getValue().isZero() && pad.getLow().back() == 0 && pad.getHigh().back() == 0;
      })
      .Case([](TransposeOp transpose) {
        ArrayRef<int64_t> permutation = transpose.getPermutation();
        return !permutation.empty() &&
               permutation.back() == static_cast<int64_t>(permutation.size()) - 1;
      })
      .Case([](ResizeNearestOp resize) { return resize.getScales().back() == 1; })
      .Case<ClampOp, MaxPool2DOp, AvgPool2DOp>([](auto) { return true; })
      .Default([](Operation *) { return false; });
}

/// The result has the scales of the input, as often as its last dimension repeats them.
bool ScaleGraph::visitMove(Operation *op) {
  auto own = channels.find(op->getOperand(0));
  Value result = op->getResult(0);
  if (own == channels.end() || getLastDim(result) % own->second.size() != 0)
    return false;
  SmallVector<unsigned> handed = own->second; // a copy: the map may grow
  channels[result] = std::move(handed);
  return true;
}

/// Sums and differences scale if all sides do so alike; a broadcast channel or a constant does not.
bool ScaleGraph::visitSum(Operation *op) {
  Value result = op->getResult(0);
  for (Value operand : op->getOperands())
    if (!channels.contains(operand) || getLastDim(operand) != getLastDim(result))
      return false;
  addFresh(result);
  for (Value operand : op->getOperands())
    join(result, operand);
  return true;
}

/// Along channels every operand keeps its scales; along other dimensions channels meet.
bool ScaleGraph::visitConcat(ConcatOp op) {
  Value result = op.getOutput();
  for (Value operand : op.getInputs())
    if (!channels.contains(operand))
      return false;
  addFresh(result);
  bool alongChannels = op.getAxis() + 1 == getShape(result).size();
  unsigned next = channels[result].front();
  for (Value operand : op.getInputs()) {
    if (!alongChannels) {
      join(result, operand);
      continue;
    }
    const auto &own = channels[operand];
    for (int64_t c = 0; c < getLastDim(operand); ++c)
      classes.join(next++, own[c % own.size()]);
  }
  return true;
}

void ScaleGraph::visit(Operation *op) {
  if (isa<ConstantOp>(op))
    return; // an operand without channels is a parameter
  if (auto layer = dyn_cast<WeightedOpInterface>(op))
    return visitLayer(layer);
  if (isa<func::ReturnOp>(op))
    return fixOperation(op, "its output is a result of the network");
  if (isa<AddOp, SubOp>(op) && visitSum(op))
    return;
  if (auto concat = dyn_cast<ConcatOp>(op); concat && visitConcat(concat))
    return;
  if (handsChannelsOn(op) && visitMove(op))
    return;
  fixOperation(op, ("'" + getLayerName(op) + "' (" + op->getName().getStringRef() +
                    ") does not scale channel by channel")
                       .str());
}

void ScaleGraph::finish() {
  classes.compress();
  reasons.resize(classes.getNumClasses());
  for (auto &[channel, reason] : fixed)
    if (reasons[classes[channel]].empty())
      reasons[classes[channel]] = std::move(reason);
  fixed.clear();
}

SmallVector<unsigned> ScaleGraph::getScales(Value value) const {
  SmallVector<unsigned> scales;
  for (int64_t c = 0; c < getLastDim(value); ++c)
    scales.push_back(getScale(value, c));
  return scales;
}

void ScaleGraph::explainFixed() const {
  func::FuncOp(function).walk([&](WeightedOpInterface layer) {
    SmallVector<unsigned> scales = getScales(layer->getResult(0));
    if (!scales.empty() && llvm::all_of(scales, [&](unsigned scale) { return isFixed(scale); }))
      emitLayerRemark(layer) << "not equalized: " << getReason(scales.front());
  });
}

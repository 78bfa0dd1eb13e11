// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/Interpreter.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/ConstantTensors.h"
#include "qopt/ExecutionEngine/EvaluationContext.h"

using namespace mlir;
using namespace qopt;

static llvm::Error fail(const Twine &message) { return llvm::createStringError(message); }

/// "layer 'conv1' (qopt.conv2d)".
static std::string describe(Operation *op) {
  return ("layer '" + getLayerName(op) + "' (" + op->getName().getStringRef() + ")").str();
}

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

llvm::Error Interpreter::addStep(Operation *op) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    llvm::Expected<Tensor> value = loadConstant(constant);
    if (!value)
      return value.takeError();
    constants[constant] = std::move(*value);
    return llvm::Error::success();
  }
  if (!isa<func::ReturnOp>(op) && !isa<EvaluationOpInterface>(op))
    return fail(describe(op) + " cannot be evaluated: it is not an op of levels 1 to 3");
  steps.push_back({op, {}});
  return llvm::Error::success();
}

/// Backwards, the first sight of a value is its last use.
void Interpreter::markLastUses() {
  llvm::DenseSet<Value> seen;
  for (Step &step : llvm::reverse(steps)) {
    auto mark = [&](Value value) {
      if (!constants.contains(value) && seen.insert(value).second)
        step.dying.push_back(value);
    };
    llvm::for_each(step.op->getOperands(), mark);
    llvm::for_each(step.op->getResults(), mark); // never used
  }
}

llvm::Expected<Interpreter> Interpreter::create(func::FuncOp function) {
  if (!llvm::hasSingleElement(function.getBody()))
    return fail("function '" + function.getName() + "' is not one block of qopt ops");
  Interpreter interpreter(function);
  for (Operation &op : function.front())
    if (llvm::Error error = interpreter.addStep(&op))
      return std::move(error);
  interpreter.markLastUses();
  return interpreter;
}

llvm::Error Interpreter::overrideConstant(Value constant, Tensor value) {
  auto found = constants.find(constant);
  if (found == constants.end())
    return fail("only constants can be overridden");
  if (found->second.shape() != value.shape() || found->second.isReal() != value.isReal())
    return fail(describe(constant.getDefiningOp()) + " cannot take a value of another type");
  found->second = std::move(value);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace {

/// The values of one run.
class Frame final : public EvaluationContext {
public:
  Frame(const llvm::DenseMap<Value, Tensor> &constants, const InterpreterTaps &taps)
      : constants(constants), taps(taps) {}

  const Tensor &get(Value value) const override {
    auto constant = constants.find(value);
    return constant != constants.end() ? constant->second : values.find(value)->second;
  }
  void set(Value value, Tensor tensor) override { values[value] = std::move(tensor); }
  void showAccumulator(Operation *op, const Tensor &accumulator) override {
    if (taps.accumulator)
      taps.accumulator(op, accumulator);
  }

  void showResults(Operation *op) {
    if (taps.result)
      for (Value result : op->getResults())
        taps.result(op, get(result));
  }
  void free(ArrayRef<Value> dying) {
    for (Value value : dying)
      values.erase(value);
  }

private:
  const llvm::DenseMap<Value, Tensor> &constants;
  const InterpreterTaps &taps;
  llvm::DenseMap<Value, Tensor> values;
};

} // namespace

static llvm::Error checkInputs(func::FuncOp function, ArrayRef<Tensor> inputs) {
  if (inputs.size() != function.getNumArguments())
    return fail("function '" + function.getName() + "' takes " + Twine(function.getNumArguments()) +
                " inputs, not " + Twine(inputs.size()));
  for (auto [i, input] : llvm::enumerate(inputs)) {
    auto type = cast<RankedTensorType>(function.getArgumentTypes()[i]);
    if (input.shape() != type.getShape() || input.isReal() != type.getElementType().isF32())
      return fail("input " + Twine(i) + " of function '" + function.getName() +
                  "' has another type");
  }
  return llvm::Error::success();
}

llvm::Expected<SmallVector<Tensor>> Interpreter::run(ArrayRef<Tensor> inputs,
                                                     const InterpreterTaps &taps) const {
  func::FuncOp network = function;
  if (llvm::Error error = checkInputs(network, inputs))
    return std::move(error);
  Frame frame(constants, taps);
  for (auto [argument, input] : llvm::zip_equal(network.getArguments(), inputs))
    frame.set(argument, input);
  for (const Step &step : steps) {
    auto op = dyn_cast<EvaluationOpInterface>(step.op);
    if (!op) // the terminator
      return llvm::map_to_vector(step.op->getOperands(),
                                 [&](Value value) { return frame.get(value); });
    if (llvm::Error error = op.evaluate(frame))
      return fail(describe(op) + ": " + llvm::toString(std::move(error)));
    frame.showResults(op);
    frame.free(step.dying);
  }
  return fail("function '" + network.getName() + "' does not return");
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/FloatEngine.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/Interpreter.h"

using namespace mlir;
using namespace qopt;

static llvm::Error checkFloat(func::FuncOp function) {
  for (Operation &op : function.getOps()) {
    auto quantized = [](Type type) { return static_cast<bool>(getQuantizedElementType(type)); };
    if (llvm::any_of(op.getOperandTypes(), quantized) ||
        llvm::any_of(op.getResultTypes(), quantized))
      return llvm::createStringError("network '" + function.getName() + "' is quantized (" +
                                     getLayerName(&op) + "): the float engine runs levels 1 and 2");
  }
  return llvm::Error::success();
}

namespace {

/// The interpreter, as an engine.
class PlainFloatEngine final : public FloatEngine {
public:
  PlainFloatEngine(Interpreter interpreter, const FloatEngineOptions &options)
      : interpreter(std::move(interpreter)) {
    for (Operation &op : this->interpreter.getFunction().getOps())
      if (options.tapped ? options.tapped(&op) : isa<ObserveOp>(op))
        tapped.insert(&op);
  }

  llvm::Error run(ArrayRef<ArrayRef<float>> inputs, Tap tap,
                  ArrayRef<MutableArrayRef<float>> outputs) const override;

private:
  llvm::Expected<SmallVector<Tensor>> borrowInputs(ArrayRef<ArrayRef<float>> inputs) const;

  Interpreter interpreter;
  llvm::DenseSet<Operation *> tapped;
};

} // namespace

llvm::Expected<SmallVector<Tensor>>
PlainFloatEngine::borrowInputs(ArrayRef<ArrayRef<float>> inputs) const {
  func::FuncOp function = interpreter.getFunction();
  if (inputs.size() != function.getNumArguments())
    return llvm::createStringError("network '" + function.getName() + "' takes " +
                                   Twine(function.getNumArguments()) + " inputs");
  SmallVector<Tensor> tensors;
  for (auto [type, input] : llvm::zip_equal(function.getArgumentTypes(), inputs)) {
    auto tensorType = cast<RankedTensorType>(type);
    if (static_cast<int64_t>(input.size()) != tensorType.getNumElements())
      return llvm::createStringError("an input of network '" + function.getName() + "' has " +
                                     Twine(input.size()) + " elements");
    tensors.push_back(Tensor::borrowReals(tensorType.getShape(), input.data()));
  }
  return tensors;
}

llvm::Error PlainFloatEngine::run(ArrayRef<ArrayRef<float>> inputs, Tap tap,
                                  ArrayRef<MutableArrayRef<float>> outputs) const {
  auto tensors = borrowInputs(inputs);
  if (!tensors)
    return tensors.takeError();
  auto forward = [&](Operation *op, const Tensor &result) {
    if (tapped.contains(op))
      tap(op, result.reals());
  };
  InterpreterTaps taps;
  if (tap)
    taps.result = forward;
  auto results = interpreter.run(*tensors, taps);
  if (!results)
    return results.takeError();
  for (auto [output, result] : llvm::zip(outputs, *results))
    llvm::copy(result.reals().take_front(output.size()), output.begin());
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<FloatEngine>>
qopt::createFloatEngine(func::FuncOp function, const FloatEngineOptions &options) {
  if (llvm::Error error = checkFloat(function))
    return std::move(error);
  auto *dialect = function.getContext()->getLoadedDialect<QOptDialect>();
  auto *backend = dialect ? dialect->getRegisteredInterface<FloatEngineBackend>() : nullptr;
  if (backend && !options.plainLoops)
    return backend->create(function, options);
  auto interpreter = Interpreter::create(function);
  if (!interpreter)
    return interpreter.takeError();
  return std::make_unique<PlainFloatEngine>(std::move(*interpreter), options);
}

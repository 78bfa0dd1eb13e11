// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TunableNetwork.h"

#include "qopt/ExecutionEngine/ConstantTensors.h"
#include "qopt/ExecutionEngine/Interpreter.h"

using namespace mlir;
using namespace qopt;

namespace {

class TunableReference final : public TunableNetwork {
public:
  explicit TunableReference(Interpreter interpreter) : interpreter(std::move(interpreter)) {}

  llvm::Expected<SmallVector<Tensor>> run(unsigned worker, ArrayRef<Tensor> inputs,
                                          ArrayRef<Value> taps) override;
  llvm::Error addToBias(WeightedOpInterface layer, ArrayRef<int32_t> deltas) override;

private:
  Interpreter interpreter;
  llvm::DenseMap<Value, Tensor> biases;
};

} // namespace

llvm::Expected<SmallVector<Tensor>> TunableReference::run(unsigned, ArrayRef<Tensor> inputs,
                                                          ArrayRef<Value> taps) {
  SmallVector<Tensor> seen(taps.size());
  auto keep = [&](Operation *op, const Tensor &value) {
    for (auto [tap, tensor] : llvm::zip_equal(taps, seen))
      if (tap.getDefiningOp() == op)
        tensor = value;
  };
  InterpreterTaps callbacks;
  callbacks.result = keep;
  auto results = interpreter.run(inputs, callbacks);
  if (!results)
    return results.takeError();
  for (auto [tap, tensor] : llvm::zip_equal(taps, seen))
    if (auto argument = dyn_cast<BlockArgument>(tap))
      tensor = inputs[argument.getArgNumber()];
  return seen;
}

llvm::Error TunableReference::addToBias(WeightedOpInterface layer, ArrayRef<int32_t> deltas) {
  Value bias = layer.getBiasValue();
  Tensor &current = biases[bias];
  if (current.shape().empty()) {
    llvm::Expected<Tensor> loaded = loadConstant(bias.getDefiningOp<ConstantOp>());
    if (!loaded)
      return loaded.takeError();
    current = *loaded;
  }
  Tensor changed = Tensor::makeCodes(current.shape());
  int32_t *code = changed.writeCodes().data;
  for (auto [old, delta] : llvm::zip_equal(current.codes(), deltas))
    *code++ = old + delta;
  current = changed;
  return interpreter.overrideConstant(bias, changed);
}

llvm::Expected<std::unique_ptr<TunableNetwork>>
qopt::createTunableReference(func::FuncOp function) {
  llvm::Expected<Interpreter> interpreter = Interpreter::create(function);
  if (!interpreter)
    return interpreter.takeError();
  return std::make_unique<TunableReference>(std::move(*interpreter));
}

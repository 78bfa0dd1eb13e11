// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The engines that run the IR itself: float and simulated, and the reference interpreter.
#include "Engines.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include <atomic>
#include <mutex>

using namespace llvm;
using namespace mlir;

namespace qopt {

namespace {

/// Calls are independent, so they run on several threads; `run` must allow it.
class ParallelEngine : public Engine {
public:
  ParallelEngine(func::FuncOp network, unsigned threads) : threads(threads) {
    inputPorts = getInputPorts(network);
    outputPorts = getOutputPorts(network);
  }

  Error runMany(int64_t calls, ArrayRef<const void *> inputs, ArrayRef<void *> outputs,
                Progress progress) override {
    std::mutex mutex;
    int64_t done = 0;
    return parallelFor(threads, calls, [&](int64_t call) -> Error {
      if (Error error = run(batchOf(inputPorts, inputs, call), batchOf(outputPorts, outputs, call)))
        return error;
      std::lock_guard<std::mutex> lock(mutex);
      progress(++done, calls);
      return Error::success();
    });
  }

private:
  unsigned threads;
};

class FloatNetwork : public ParallelEngine {
public:
  FloatNetwork(func::FuncOp network, unsigned threads, std::unique_ptr<FloatEngine> engine)
      : ParallelEngine(network, threads), engine(std::move(engine)) {}

  Error run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs) override {
    SmallVector<MutableArrayRef<float>> results;
    for (auto [port, pointer] : zip(outputPorts, outputs))
      results.push_back({static_cast<float *>(pointer), port.bytes() / sizeof(float)});
    return engine->run(arguments(inputs), nullptr, results);
  }

  Error runWithTaps(ArrayRef<const void *> inputs, TapCallback tap) override {
    Error failure = Error::success();
    auto forward = [&](Operation *op, ArrayRef<float> result) {
      if (failure)
        return;
      auto type = cast<ShapedType>(op->getResult(0).getType());
      ArrayView view{"", ArrayType::F32, SmallVector<int64_t>(type.getShape()),
                     reinterpret_cast<const char *>(result.data())};
      failure = tap({getTapName(op), view});
    };
    if (Error error = engine->run(arguments(inputs), forward))
      return joinErrors(std::move(error), std::move(failure));
    return failure;
  }

private:
  SmallVector<ArrayRef<float>> arguments(ArrayRef<const void *> inputs) const {
    SmallVector<ArrayRef<float>> result;
    for (auto [port, pointer] : zip(inputPorts, inputs))
      result.push_back({static_cast<const float *>(pointer), port.bytes() / sizeof(float)});
    return result;
  }

  std::unique_ptr<FloatEngine> engine;
};

class ReferenceNetwork : public ParallelEngine {
public:
  ReferenceNetwork(func::FuncOp network, unsigned threads, Interpreter interpreter)
      : ParallelEngine(network, threads), interpreter(std::move(interpreter)) {}

  Error run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs) override {
    Expected<SmallVector<Tensor>> results = interpreter.run(arguments(inputs));
    if (!results)
      return results.takeError();
    func::FuncOp network = interpreter.getFunction();
    for (auto [index, tensor] : enumerate(*results))
      tensor.toBytes(cast<RankedTensorType>(network.getResultTypes()[index]), outputs[index]);
    return Error::success();
  }

  Error runWithTaps(ArrayRef<const void *> inputs, TapCallback tap) override {
    Error failure = Error::success();
    auto forward = [&](Operation *op, const Tensor &tensor) {
      if (!failure)
        failure = tapTensor(op, tensor, tap);
    };
    InterpreterTaps taps;
    taps.result = forward;
    Expected<SmallVector<Tensor>> results = interpreter.run(arguments(inputs), taps);
    if (!results)
      return joinErrors(results.takeError(), std::move(failure));
    return failure;
  }

private:
  SmallVector<Tensor> arguments(ArrayRef<const void *> inputs) const {
    func::FuncOp network = interpreter.getFunction();
    SmallVector<Tensor> result;
    for (auto [index, pointer] : enumerate(inputs))
      result.push_back(
          Tensor::fromBytes(cast<RankedTensorType>(network.getArgumentTypes()[index]), pointer));
    return result;
  }

  static Error tapTensor(Operation *op, const Tensor &tensor, TapCallback tap) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    bool isFloat = type.getElementType().isF32();
    std::vector<char> bytes(type.getNumElements() * (isFloat ? 4 : 1));
    tensor.toBytes(type, bytes.data());
    ArrayView view{"", isFloat ? ArrayType::F32 : ArrayType::I8,
                   SmallVector<int64_t>(type.getShape()), bytes.data()};
    return tap({getTapName(op), view});
  }

  Interpreter interpreter;
};

} // namespace

Expected<std::unique_ptr<Engine>> makeFloatEngine(func::FuncOp network, const RunOptions &options,
                                                  bool withTaps) {
  FloatEngineOptions engineOptions;
  engineOptions.plainLoops = options.plainFloat;
  auto everything = [](Operation *) { return true; };
  auto nothing = [](Operation *) { return false; };
  if (withTaps)
    engineOptions.tapped = everything;
  else
    engineOptions.tapped = nothing;
  Expected<std::unique_ptr<FloatEngine>> engine = createFloatEngine(network, engineOptions);
  if (!engine)
    return engine.takeError();
  return std::make_unique<FloatNetwork>(network, options.threads, std::move(*engine));
}

Expected<std::unique_ptr<Engine>> makeReferenceEngine(func::FuncOp network,
                                                      const RunOptions &options) {
  Expected<Interpreter> interpreter = Interpreter::create(network);
  if (!interpreter)
    return interpreter.takeError();
  return std::make_unique<ReferenceNetwork>(network, options.threads, std::move(*interpreter));
}

} // namespace qopt

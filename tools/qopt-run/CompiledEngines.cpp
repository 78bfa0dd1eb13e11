// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The engines that run machine code: jit and native.
#include "Engines.h"
#include "LayerCosts.h"

#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/Target/Target.h"

#include <algorithm>
#include <chrono>

using namespace llvm;
using namespace mlir;

namespace qopt {

static ArrayType getArrayType(uint32_t dtype) {
  switch (dtype) {
  case QOPT_I8:
    return ArrayType::I8;
  case QOPT_U8:
    return ArrayType::U8;
  case QOPT_I16:
    return ArrayType::I16;
  case QOPT_I32:
    return ArrayType::I32;
  case QOPT_I64:
    return ArrayType::I64;
  default:
    return ArrayType::F32;
  }
}

static Port makePort(const qopt_tensor &tensor) {
  return {tensor.name, getArrayType(tensor.dtype),
          SmallVector<int64_t>(tensor.dims, tensor.dims + tensor.rank)};
}

namespace {

class CompiledEngine : public Engine {
public:
  CompiledEngine(std::unique_ptr<CompiledNetwork> network, unsigned tasks)
      : network(std::move(network)), tasks(tasks) {
    const qopt_module &module = this->network->getModule();
    for (uint32_t i = 0; i < module.n_inputs; ++i)
      inputPorts.push_back(makePort(module.inputs[i]));
    for (uint32_t i = 0; i < module.n_outputs; ++i)
      outputPorts.push_back(makePort(module.outputs[i]));
  }

  Error run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs) override {
    return network->run(inputs, outputs, tasks);
  }

protected:
  std::unique_ptr<CompiledNetwork> network;
  unsigned tasks;
};

class JitEngine : public CompiledEngine {
public:
  JitEngine(std::unique_ptr<CompiledNetwork> network, unsigned tasks, func::FuncOp function)
      : CompiledEngine(std::move(network), tasks), function(function) {}

  Error runWithTaps(ArrayRef<const void *> inputs, TapCallback tap) override;
  Expected<std::vector<LayerTime>> profile(ArrayRef<const void *> inputs, double seconds) override;

private:
  func::FuncOp function;
};

/// Buffers for one call's outputs.
struct OutputBuffers {
  explicit OutputBuffers(ArrayRef<Port> ports) {
    for (const Port &port : ports) {
      buffers.emplace_back(port.bytes());
      pointers.push_back(buffers.back().data());
    }
  }
  std::vector<std::vector<char>> buffers;
  SmallVector<void *> pointers;
};

} // namespace

Error JitEngine::runWithTaps(ArrayRef<const void *> inputs, TapCallback tap) {
  OutputBuffers outputs(outputPorts);
  if (Error error = run(inputs, outputs.pointers))
    return error;
  SmallVector<Operation *> ops;
  for (Operation &op : function.front())
    ops.push_back(&op);
  for (const codegen::TensorInfo &tensor : network->getProgram().tensors) {
    if (tensor.op < 0)
      continue;
    mlir::Type type = ops[tensor.op]->getResult(tensor.result).getType();
    std::vector<char> bytes = network->readTensor(tensor);
    ArrayView view{"", tensor.layout.isFloat ? ArrayType::F32 : ArrayType::I8,
                   SmallVector<int64_t>(cast<ShapedType>(type).getShape()), bytes.data()};
    if (Error error = tap({getTapName(ops[tensor.op], tensor.op), view}))
      return error;
  }
  return Error::success();
}

Expected<std::vector<LayerTime>> JitEngine::profile(ArrayRef<const void *> inputs, double seconds) {
  OutputBuffers outputs(outputPorts);
  std::vector<LayerTime> layers;
  for (const codegen::StepInfo &step : network->getProgram().steps) {
    layers.push_back({step.layer, step.kernel, HUGE_VAL});
    if (!step.isCopy && step.op >= 0)
      addCosts(&*std::next(function.front().begin(), step.op), layers.back());
  }
  using Clock = std::chrono::steady_clock;
  Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(seconds));
  do {
    Expected<std::vector<double>> times = network->timeSteps(inputs, outputs.pointers, tasks);
    if (!times)
      return times.takeError();
    for (auto [layer, time] : zip(layers, *times))
      layer.minMs = std::min(layer.minMs, time);
  } while (Clock::now() < end);
  return layers;
}

Expected<std::unique_ptr<Engine>> makeJitEngine(func::FuncOp network, const RunOptions &options,
                                                bool withTaps) {
  Expected<const Target *> target = lookupTarget(options.target);
  if (!target)
    return target.takeError();
  CompileOptions compileOptions;
  compileOptions.keepAll = withTaps;
  auto module = network->getParentOfType<ModuleOp>();
  auto compiled = jitCompile(module, network.getName(), **target, compileOptions);
  if (!compiled)
    return compiled.takeError();
  return std::make_unique<JitEngine>(std::move(*compiled), options.threads, network);
}

Expected<std::unique_ptr<Engine>> makeNativeEngine(const RunOptions &options) {
  auto network = loadNativeModule(options.model);
  if (!network)
    return network.takeError();
  return std::make_unique<CompiledEngine>(std::move(*network), options.threads);
}

} // namespace qopt

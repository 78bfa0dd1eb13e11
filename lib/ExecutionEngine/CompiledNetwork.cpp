// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/ExecutionEngine/CompiledNetwork.h"

#include "TaskPool.h"
#include "qopt/Codegen/ProgramBuilder.h"

#include "qopt/Quantization/Grid.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <chrono>
#include <cstdlib>
#include <cstring>

using namespace qopt;

CompiledNetwork::CompiledNetwork(const qopt_module &module, std::shared_ptr<void> owner,
                                 codegen::ProgramInfo program)
    : module(module), owner(std::move(owner)), program(std::move(program)) {}

CompiledNetwork::~CompiledNetwork() = default;

void CompiledNetwork::FreeWorkspace::operator()(char *memory) const { std::free(memory); }

/// Makes workspace and threads fit `tasks`.
llvm::Error CompiledNetwork::prepare(unsigned tasks) {
  if (tasks == 0 || tasks > module.max_tasks)
    return llvm::createStringError("network '%s' runs with 1 to %u tasks, not %u", module.name,
                                   module.max_tasks, tasks);
  uint64_t needed = module.workspace_fixed + tasks * module.workspace_per_task;
  needed =
      std::max<uint64_t>(llvm::alignTo(needed, module.workspace_align), module.workspace_align);
  if (needed > workspaceBytes) {
    workspace.reset(static_cast<char *>(std::aligned_alloc(module.workspace_align, needed)));
    workspaceBytes = workspace ? needed : 0;
    if (!workspace)
      return llvm::createStringError("network '%s': no memory for a workspace of %llu bytes",
                                     module.name, static_cast<unsigned long long>(needed));
  }
  if (tasks > 1 && (!pool || pool->getNumThreads() != tasks))
    pool = std::make_unique<TaskPool>(tasks);
  return llvm::Error::success();
}

static const char *describeCode(int32_t code) {
  switch (code) {
  case QOPT_BAD_CALL:
    return "bad call";
  case QOPT_BAD_WORKSPACE:
    return "workspace too small or misaligned";
  case QOPT_NULL_POINTER:
    return "null pointer";
  case QOPT_OVERLAP:
    return "inputs and outputs overlap";
  default:
    return "unknown error code";
  }
}

llvm::Error CompiledNetwork::call(llvm::ArrayRef<const void *> inputs,
                                  llvm::ArrayRef<void *> outputs, unsigned tasks,
                                  qopt_parallel_for par, void *context) {
  if (inputs.size() != module.n_inputs || outputs.size() != module.n_outputs)
    return llvm::createStringError("network '%s' has %u inputs and %u outputs, not %zu and %zu",
                                   module.name, module.n_inputs, module.n_outputs, inputs.size(),
                                   outputs.size());
  qopt_call call = {};
  call.size = sizeof call;
  call.inputs = inputs.data();
  call.outputs = outputs.data();
  call.workspace = workspace.get();
  call.workspace_bytes = workspaceBytes;
  call.tasks = tasks;
  call.par = par;
  call.par_ctx = context;
  if (int32_t code = module.run(&call))
    return llvm::createStringError("network '%s': %s (code %d)", module.name, describeCode(code),
                                   code);
  return llvm::Error::success();
}

llvm::Error CompiledNetwork::run(llvm::ArrayRef<const void *> inputs,
                                 llvm::ArrayRef<void *> outputs, unsigned tasks) {
  if (llvm::Error error = prepare(tasks))
    return error;
  return call(inputs, outputs, tasks, tasks > 1 ? &TaskPool::parallelFor : nullptr, pool.get());
}

llvm::Error CompiledNetwork::runReals(llvm::ArrayRef<llvm::ArrayRef<float>> inputs,
                                      llvm::ArrayRef<void *> outputs) {
  llvm::SmallVector<const void *> from;
  std::vector<std::vector<uint8_t>> codes(inputs.size());
  for (auto [index, values] : llvm::enumerate(inputs)) {
    from.push_back(values.data());
    if (index >= module.n_inputs || module.inputs[index].dtype == QOPT_F32)
      continue;
    const qopt_tensor &tensor = module.inputs[index];
    bool isSigned = tensor.dtype == QOPT_I8;
    numerics::Grid grid{
        tensor.scale[0], tensor.zero_point[0], {isSigned ? -128 : 0, isSigned ? 127 : 255}};
    for (float value : values)
      codes[index].push_back(static_cast<uint8_t>(numerics::quantizeValue(value, grid)));
    from.back() = codes[index].data();
  }
  return run(from, outputs);
}

llvm::Error CompiledNetwork::runSteps(llvm::ArrayRef<const void *> inputs,
                                      llvm::ArrayRef<void *> outputs, size_t count) {
  if (llvm::Error error = prepare(/*tasks=*/1))
    return error;
  // Every step goes through the parallel-for exactly once.
  auto runWhileAny = [](void *context, uint32_t n, qopt_task task, void *argument) {
    auto &left = *static_cast<size_t *>(context);
    if (left == 0)
      return;
    --left;
    for (uint32_t index = 0; index < n; ++index)
      task(argument, index);
  };
  return call(inputs, outputs, /*tasks=*/1, runWhileAny, &count);
}

llvm::Expected<std::vector<double>> CompiledNetwork::timeSteps(llvm::ArrayRef<const void *> inputs,
                                                               llvm::ArrayRef<void *> outputs,
                                                               unsigned tasks) {
  if (llvm::Error error = prepare(tasks))
    return std::move(error);
  // Every step goes through the parallel-for exactly once.
  struct Timer {
    TaskPool *pool;
    std::vector<double> milliseconds;

    static void parallelFor(void *context, uint32_t n, qopt_task task, void *argument) {
      auto &timer = *static_cast<Timer *>(context);
      auto start = std::chrono::steady_clock::now();
      timer.pool->run(n, task, argument);
      std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
      timer.milliseconds.push_back(taken.count());
    }
  };
  TaskPool alone(1);
  Timer timer{tasks > 1 ? pool.get() : &alone, {}};
  if (llvm::Error error = call(inputs, outputs, tasks, &Timer::parallelFor, &timer))
    return std::move(error);
  return std::move(timer.milliseconds);
}

std::vector<char> CompiledNetwork::readTensor(const codegen::TensorInfo &tensor) const {
  const codegen::BufferLayout &layout = tensor.layout;
  int64_t pixelBytes = layout.c * layout.elementBytes;
  std::vector<char> dense(layout.elements() * layout.elementBytes);
  const char *base = workspace.get() + tensor.offset;
  char *next = dense.data();
  for (int64_t image = 0; image < layout.n; ++image)
    for (int64_t y = 0; y < layout.h; ++y)
      for (int64_t x = 0; x < layout.w; ++x, next += pixelBytes)
        std::memcpy(next, base + layout.offset(image, y, x, 0), pixelBytes);
  if (layout.flipped)
    for (char &code : dense)
      code ^= static_cast<char>(0x80);
  return dense;
}

std::unique_ptr<CompiledNetwork> CompiledNetwork::share() const {
  auto network = std::make_unique<CompiledNetwork>(module, owner, program);
  network->setBiasObjects(biasObjects);
  return network;
}

llvm::Error CompiledNetwork::addToBias(int64_t op, llvm::ArrayRef<int32_t> deltas) {
  bool found = false;
  for (auto [bias, object] : llvm::zip(program.biases, biasObjects)) {
    if (bias.op != op)
      continue;
    found = true;
    char *word = object + bias.offset;
    for (int64_t channel : bias.channels) {
      uint32_t value;
      std::memcpy(&value, word, sizeof value);
      if (channel != codegen::BiasWords::kNone)
        value += static_cast<uint32_t>(deltas[channel]);
      std::memcpy(word, &value, sizeof value);
      word += sizeof value;
    }
  }
  if (!found)
    return llvm::createStringError("network '%s': the op at position %lld has no bias to change",
                                   module.name, static_cast<long long>(op));
  return llvm::Error::success();
}

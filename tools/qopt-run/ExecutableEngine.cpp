// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The native engine for executables: all samples go through one start of the program.
#include "Engines.h"

#include "qopt/ExecutionEngine/NativeExecutable.h"

using namespace llvm;

namespace qopt {

namespace {

class ExecutableEngine : public Engine {
public:
  explicit ExecutableEngine(std::unique_ptr<NativeExecutable> program)
      : program(std::move(program)) {
    for (const NativeExecutable::Tensor &tensor : this->program->getInputs())
      inputPorts.push_back({tensor.name, tensor.type, tensor.shape});
    for (const NativeExecutable::Tensor &tensor : this->program->getOutputs())
      outputPorts.push_back({tensor.name, tensor.type, tensor.shape});
  }

  Error run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs) override {
    return program->run(1, inputs, outputs);
  }

  Error runMany(int64_t calls, ArrayRef<const void *> inputs, ArrayRef<void *> outputs,
                Progress progress) override {
    if (Error error = program->run(calls, inputs, outputs))
      return error;
    progress(calls, calls);
    return Error::success();
  }

  std::optional<double> packetsPerRun() const override {
    const NativeExecutable::PacketCounts &counts = program->getCounts();
    return counts.runs ? std::optional(double(counts.packets) / double(counts.runs)) : std::nullopt;
  }

private:
  std::unique_ptr<NativeExecutable> program;
};

} // namespace

/// Samples that are integers already are codes.
static Expected<bool> holdsCodes(StringRef path) {
  Expected<ArrayFile> file = ArrayFile::open(path);
  if (!file)
    return file.takeError();
  return any_of(file->arrays(), [](const ArrayView &array) {
    return array.type == ArrayType::I8 || array.type == ArrayType::U8;
  });
}

Expected<std::unique_ptr<Engine>> makeExecutableEngine(const RunOptions &options) {
  Expected<bool> codes = holdsCodes(options.input);
  if (!codes)
    return codes.takeError();
  ExecutableOptions settings;
  settings.emulation = {options.emulator, options.emulatorCpu};
  settings.tasks = options.threads;
  settings.codes = *codes;
  settings.counts = options.packets;
  auto program = NativeExecutable::open(options.model, settings);
  if (!program)
    return program.takeError();
  return std::make_unique<ExecutableEngine>(std::move(*program));
}

} // namespace qopt

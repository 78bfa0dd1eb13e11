// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The engine: a program, and frames to run it in, reused from run to run.
#include "qopt/ExecutionEngine/OneDNN/OneDNN.h"

#include "Lowering.h"

#include "mlir/IR/DialectRegistry.h"

#include <dlfcn.h>

using namespace mlir;
using namespace qopt;
using namespace qopt::onednn;

namespace {

/// Keeps the OpenMP runtime that oneDNN was built with to the calling thread: images run in
/// parallel, and two teams of spinning threads would slow each other down many times. The functions
/// are looked up because a build with clang must not link a second OpenMP runtime.
class SingleThread {
public:
  SingleThread() {
    auto get = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
    set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    if (!get || !set)
      return;
    before = get();
    set(1);
  }
  ~SingleThread() {
    if (before > 0)
      set(before);
  }

private:
  void (*set)(int) = nullptr;
  int before = 0;
};

/// dnnl::error, or memory that ran out.
llvm::Error toError(const std::exception &error) {
  return llvm::createStringError(Twine("the float engine failed: ") + error.what());
}

class OneDNNFloatEngine final : public FloatEngine {
public:
  static llvm::Expected<std::unique_ptr<FloatEngine>> create(func::FuncOp function,
                                                             const FloatEngineOptions &options);

  llvm::Error run(ArrayRef<ArrayRef<float>> inputs, Tap tap,
                  ArrayRef<MutableArrayRef<float>> outputs) const override;

private:
  llvm::Error checkInputs(ArrayRef<ArrayRef<float>> inputs) const;
  std::unique_ptr<Frame> takeFrame() const;
  void giveBack(std::unique_ptr<Frame> frame) const;

  Program program;
  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Frame>> idleFrames;
};

} // namespace

llvm::Expected<std::unique_ptr<FloatEngine>>
OneDNNFloatEngine::create(func::FuncOp function, const FloatEngineOptions &options) {
  if (!llvm::hasSingleElement(function.getBody()))
    return llvm::createStringError("function '" + function.getName() +
                                   "' is not one block of qopt ops");
  SingleThread singleThread;
  try {
    auto engine = std::make_unique<OneDNNFloatEngine>();
    if (llvm::Error error = Lowering(function, options, engine->program).run())
      return std::move(error);
    return engine;
  } catch (const std::exception &error) {
    return toError(error);
  }
}

std::unique_ptr<Frame> OneDNNFloatEngine::takeFrame() const {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!idleFrames.empty()) {
      auto frame = std::move(idleFrames.back());
      idleFrames.pop_back();
      return frame;
    }
  }
  return std::make_unique<Frame>(program);
}

void OneDNNFloatEngine::giveBack(std::unique_ptr<Frame> frame) const {
  std::lock_guard<std::mutex> lock(mutex);
  idleFrames.push_back(std::move(frame));
}

llvm::Error OneDNNFloatEngine::checkInputs(ArrayRef<ArrayRef<float>> inputs) const {
  if (inputs.size() != program.inputElements.size())
    return llvm::createStringError("the network takes " + Twine(program.inputElements.size()) +
                                   " inputs, not " + Twine(inputs.size()));
  for (auto [input, elements] : llvm::zip_equal(inputs, program.inputElements))
    if (input.size() != elements)
      return llvm::createStringError("an input has " + Twine(input.size()) + " elements, not " +
                                     Twine(elements));
  return llvm::Error::success();
}

llvm::Error OneDNNFloatEngine::run(ArrayRef<ArrayRef<float>> inputs, Tap tap,
                                   ArrayRef<MutableArrayRef<float>> outputs) const {
  if (llvm::Error error = checkInputs(inputs))
    return error;
  SingleThread singleThread;
  try {
    std::unique_ptr<Frame> frame = takeFrame();
    frame->bindInputs(inputs);
    if (llvm::Error error = frame->run(tap))
      return error;
    for (auto [i, output] : llvm::enumerate(outputs.take_front(program.results.size())))
      std::copy_n(frame->pointer(program.results[i]),
                  std::min(output.size(), program.resultElements[i]), output.begin());
    giveBack(std::move(frame));
    return llvm::Error::success();
  } catch (const std::exception &error) {
    return toError(error);
  }
}

namespace {

class OneDNNBackend final : public FloatEngineBackend {
public:
  using FloatEngineBackend::FloatEngineBackend;

  llvm::Expected<std::unique_ptr<FloatEngine>>
  create(func::FuncOp function, const FloatEngineOptions &options) const override {
    return OneDNNFloatEngine::create(function, options);
  }
};

} // namespace

void qopt::registerOneDNNFloatEngine(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, QOptDialect *dialect) {
    if (!dialect->getRegisteredInterface<FloatEngineBackend>())
      dialect->addInterfaces<OneDNNBackend>();
  });
}

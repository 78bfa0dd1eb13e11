// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference = jit = native on random networks, byte for byte, for one to four tasks. Each network
// draws its contract and rows from its seed; fifty share a module, as networks of one program may.
//   QOPT_RANDOM_NETWORKS=COUNT  networks to try; 2,000 without it
//   QOPT_RANDOM_FIRST=NUMBER    the first of them: long runs in pieces, or the one that failed
#include "RandomModule.h"

#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/Support/OutputFile.h"
#include "qopt/Target/Compile.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <atomic>
#include <thread>

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

namespace {

Buffers runCompiled(CompiledNetwork &network, const Buffers &inputs, unsigned tasks) {
  const qopt_module &module = network.getModule();
  SmallVector<const void *> in;
  SmallVector<void *> out;
  Buffers outputs;
  for (const std::vector<char> &bytes : inputs)
    in.push_back(bytes.data());
  for (unsigned i = 0; i < module.n_outputs; ++i)
    outputs.emplace_back(module.outputs[i].bytes, char(0x5a));
  for (std::vector<char> &bytes : outputs)
    out.push_back(bytes.data());
  llvm::Error error = network.run(in, out, tasks);
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
  return outputs;
}

void compareNetwork(func::FuncOp function, CompiledNetwork &network, const RandomModule &module,
                    const Target &target, Random &draw) {
  for (int run = 0; run < 2; ++run) {
    Buffers inputs = makeInputs(function, draw);
    Buffers expected = interpret(function, inputs);
    for (unsigned tasks = 1; tasks <= kMaxTasks; ++tasks)
      if (runCompiled(network, inputs, tasks) != expected) {
        ADD_FAILURE() << module.describe() << ", " << target.name.str() << ", " << tasks
                      << " tasks:\n"
                      << print(function);
        return;
      }
  }
}

/// Compiles the networks that drew the target number `wanted` of this machine's and compares each
/// with the interpreter.
void compareJit(RandomModule &module, ArrayRef<const Target *> targets, unsigned wanted) {
  const Target &target = *targets[wanted];
  std::vector<Random> draws;
  OwningOpRef<ModuleOp> drawn = module.select([&](unsigned index) {
    Random draw(module.getNumber() * 1000 + index);
    bool isDrawn = draw.range(0, targets.size() - 1) == wanted;
    if (isDrawn)
      draws.push_back(draw);
    return isDrawn;
  });
  auto networks = jitCompileAll(*drawn, target);
  if (!networks) {
    ADD_FAILURE() << module.describe() << ": " << llvm::toString(networks.takeError());
    return;
  }
  for (auto [function, network, draw] :
       llvm::zip_equal(drawn->getOps<func::FuncOp>(), *networks, draws))
    compareNetwork(function, *network, module, target, draw);
}

/// Writes the network number `index` as a shared library, loads it and compares.
void compareNative(RandomModule &module, const Target &target, unsigned index,
                   llvm::StringRef folder) {
  OwningOpRef<ModuleOp> drawn = module.select([&](unsigned other) { return other == index; });
  std::string name = "net" + std::to_string(index);
  std::string base = (folder + "/" + std::to_string(module.getNumber()) + name).str();
  auto compiled = compileToObject(*drawn, target);
  ASSERT_TRUE(bool(compiled)) << llvm::toString(compiled.takeError());
  llvm::Error error = writeOutputFile(base + ".o", compiled->object->getBuffer());
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  error = linkSharedLibrary(base + ".o", base + ".so", name);
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  auto network = loadNativeModule(base + ".so");
  ASSERT_TRUE(bool(network)) << llvm::toString(network.takeError());
  Random draw(module.getNumber());
  compareNetwork(*drawn->getOps<func::FuncOp>().begin(), **network, module, target, draw);
}

void compareModule(unsigned number) {
  RandomModule module(number);
  ASSERT_TRUE(module.verify()) << module.describe();
  std::vector<const Target *> targets = getHostTargets();
  for (unsigned wanted = 0; wanted < targets.size(); ++wanted)
    compareJit(module, targets, wanted);
}

} // namespace

/// The same bytes through a file: object, shared library, loader. Every row set of this machine, on
/// one network of fifty.
TEST(RandomNetworks, NativeEqualsReference) {
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("qopt-random", folder));
  auto [first, end] = getModuleNumbers("QOPT_RANDOM_NETWORKS", 2000);
  for (unsigned number = first; number < end; ++number) {
    RandomModule module(100000 + number);
    for (auto [index, target] : llvm::enumerate(getHostTargets()))
      compareNative(module, *target, index, folder);
  }
  llvm::sys::fs::remove_directories(folder);
}

TEST(RandomNetworks, JitEqualsReference) {
  auto [first, end] = getModuleNumbers("QOPT_RANDOM_NETWORKS", 2000);
  std::atomic<unsigned> next{first};
  auto work = [&, end = end] {
    for (unsigned number = next++; number < end && !HasFatalFailure(); number = next++)
      compareModule(number);
  };
  std::thread other(work);
  work();
  other.join();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference = jit = native on random networks, byte for byte, for one to four tasks. Each network
// draws its contract and rows from its seed; fifty share a module, as networks of one program may.
//   QOPT_RANDOM_NETWORKS=COUNT  networks to try; 2,000 without it
//   QOPT_RANDOM_FIRST=NUMBER    the first of them: long runs in pieces, or the one that failed
#include "NetworkGenerator.h"

#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/InitAll.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

namespace {

constexpr unsigned kNetworksPerModule = 50;
constexpr unsigned kMaxTasks = 4;

unsigned fromEnvironment(const char *name, unsigned otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

struct ModuleNumbers {
  unsigned first, end;
};

ModuleNumbers getModuleNumbers() {
  unsigned first = fromEnvironment("QOPT_RANDOM_FIRST", 0) / kNetworksPerModule;
  unsigned networks = fromEnvironment("QOPT_RANDOM_NETWORKS", 2000);
  return {first, first + (networks + kNetworksPerModule - 1) / kNetworksPerModule};
}

/// Those of all targets, so that a seed makes the same network on every machine.
const TileSizes &getTileSizes() {
  static const TileSizes sizes = [] {
    std::vector<const codegen::RowSet *> rows;
    for (const Target &target : getTargets())
      rows.push_back(target.rows);
    return TileSizes::of(rows);
  }();
  return sizes;
}

/// Random bytes of `type`: codes over the whole storage, floats over more than the grid, with some
/// that no arithmetic likes.
std::vector<char> randomBytes(RankedTensorType type, Random &random) {
  bool isFloat = type.getElementType().isF32();
  std::vector<char> bytes(type.getNumElements() * (isFloat ? 4 : 1));
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    if (!isFloat) {
      bytes[i] = static_cast<char>(random.range(-128, 127));
      continue;
    }
    float value = static_cast<float>(random.real(-10, 10));
    if (random.chance(0.01))
      value = random.pick<float>(
          {0.0f, -0.0f, 1e30f, -1e30f, std::numeric_limits<float>::infinity(),
           -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()});
    std::memcpy(&bytes[4 * i], &value, 4);
  }
  return bytes;
}

using Buffers = std::vector<std::vector<char>>;

Buffers interpret(func::FuncOp function, const Buffers &inputs) {
  auto interpreter = Interpreter::create(function);
  EXPECT_TRUE(bool(interpreter)) << llvm::toString(interpreter.takeError());
  SmallVector<Tensor> tensors;
  for (auto [type, bytes] : llvm::zip_equal(function.getArgumentTypes(), inputs))
    tensors.push_back(Tensor::fromBytes(cast<RankedTensorType>(type), bytes.data()));
  auto results = interpreter->run(tensors);
  EXPECT_TRUE(bool(results)) << llvm::toString(results.takeError());
  Buffers outputs;
  for (auto [type, tensor] : llvm::zip_equal(function.getResultTypes(), *results)) {
    auto ranked = cast<RankedTensorType>(type);
    outputs.emplace_back(ranked.getNumElements() * (ranked.getElementType().isF32() ? 4 : 1));
    tensor.toBytes(ranked, outputs.back().data());
  }
  return outputs;
}

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

/// One module of networks, made and compared.
class RandomModule {
public:
  explicit RandomModule(unsigned number)
      : number(number), random(number), context(makeRegistry(), MLIRContext::Threading::DISABLED),
        module(ModuleOp::create(UnknownLoc::get(&context))) {
    context.loadAllAvailableDialects();
    const Contract contracts[] = {Contract::Fp32,  Contract::Fp32,        Contract::Fixed,
                                  Contract::Fixed, Contract::FixedDouble, Contract::PowerOfTwo};
    for (unsigned i = 0; i < kNetworksPerModule; ++i)
      addRandomNetwork(*module, "net" + std::to_string(i), random.pick<Contract>(contracts),
                       getTileSizes(), random);
  }

  bool verify() { return succeeded(mlir::verify(*module)); }

  /// Compiles the networks that drew the target number `wanted` of this machine's and compares each
  /// with the interpreter.
  void compare(ArrayRef<const Target *> targets, unsigned wanted) {
    const Target &target = *targets[wanted];
    OwningOpRef<ModuleOp> drawn(module->clone());
    std::vector<Random> draws;
    unsigned index = 0;
    for (auto function : llvm::make_early_inc_range(drawn->getOps<func::FuncOp>())) {
      Random draw(number * 1000 + index++);
      if (draw.range(0, targets.size() - 1) == wanted)
        draws.push_back(draw);
      else
        function.erase();
    }
    auto networks = jitCompileAll(*drawn, target);
    if (!networks) {
      ADD_FAILURE() << describe() << ": " << llvm::toString(networks.takeError());
      return;
    }
    for (auto [function, network, draw] :
         llvm::zip_equal(drawn->getOps<func::FuncOp>(), *networks, draws))
      compareNetwork(function, *network, target, draw);
  }

  /// Writes the network number `index` as a shared library, loads it and compares.
  void compareNative(const Target &target, unsigned index, llvm::StringRef folder) {
    OwningOpRef<ModuleOp> drawn(module->clone());
    std::string name = "net" + std::to_string(index);
    for (auto function : llvm::make_early_inc_range(drawn->getOps<func::FuncOp>()))
      if (function.getName() != name)
        function.erase();
    std::string base = (folder + "/" + std::to_string(number) + name).str();
    auto compiled = compileToObject(*drawn, target);
    ASSERT_TRUE(bool(compiled)) << llvm::toString(compiled.takeError());
    llvm::Error error = writeFileAtomically(base + ".o", compiled->object->getBuffer());
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    error = linkSharedLibrary(base + ".o", base + ".so", name);
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    auto network = loadNativeModule(base + ".so");
    ASSERT_TRUE(bool(network)) << llvm::toString(network.takeError());
    Random draw(number);
    compareNetwork(*drawn->getOps<func::FuncOp>().begin(), **network, target, draw);
  }

  std::string describe() const { return "module " + std::to_string(number); }

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  void compareNetwork(func::FuncOp function, CompiledNetwork &network, const Target &target,
                      Random &draw) {
    for (int run = 0; run < 2; ++run) {
      Buffers inputs;
      for (Type type : function.getArgumentTypes())
        inputs.push_back(randomBytes(cast<RankedTensorType>(type), draw));
      Buffers expected = interpret(function, inputs);
      for (unsigned tasks = 1; tasks <= kMaxTasks; ++tasks)
        if (runCompiled(network, inputs, tasks) != expected)
          return report(function, target, tasks);
    }
  }

  void report(func::FuncOp function, const Target &target, unsigned tasks) const {
    std::string text;
    llvm::raw_string_ostream os(text);
    function.print(os, OpPrintingFlags().elideLargeElementsAttrs().elideLargeResourceString());
    ADD_FAILURE() << describe() << ", " << target.name.str() << ", " << tasks << " tasks:\n"
                  << text;
  }

  unsigned number;
  Random random;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

void compareModule(unsigned number) {
  RandomModule module(number);
  ASSERT_TRUE(module.verify()) << module.describe();
  std::vector<const Target *> targets = getHostTargets();
  for (unsigned wanted = 0; wanted < targets.size(); ++wanted)
    module.compare(targets, wanted);
}

} // namespace

/// The same bytes through a file: object, shared library, loader. Every row set of this machine, on
/// one network of fifty.
TEST(RandomNetworks, NativeEqualsReference) {
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("qopt-random", folder));
  auto [first, end] = getModuleNumbers();
  for (unsigned number = first; number < end; ++number) {
    RandomModule module(100000 + number);
    for (auto [index, target] : llvm::enumerate(getHostTargets()))
      module.compareNative(*target, index, folder);
  }
  llvm::sys::fs::remove_directories(folder);
}

TEST(RandomNetworks, JitEqualsReference) {
  auto [first, end] = getModuleNumbers();
  std::atomic<unsigned> next{first};
  auto work = [&, end = end] {
    for (unsigned number = next++; number < end && !HasFatalFailure(); number = next++)
      compareModule(number);
  };
  std::thread other(work);
  work();
  other.join();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RandomModule.h"

#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/InitAll.h"
#include "qopt/Target/Target.h"

#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <cstring>
#include <limits>

using namespace mlir;

namespace qopt::test {

static unsigned fromEnvironment(const char *name, unsigned otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

ModuleNumbers getModuleNumbers(const char *variable, unsigned networks) {
  unsigned first = fromEnvironment("QOPT_RANDOM_FIRST", 0) / kNetworksPerModule;
  networks = fromEnvironment(variable, networks);
  return {first, first + (networks + kNetworksPerModule - 1) / kNetworksPerModule};
}

/// Those of all targets, so that a seed makes the same network on every machine.
static const TileSizes &getTileSizes() {
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
static std::vector<char> randomBytes(RankedTensorType type, Random &random) {
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

Buffers makeInputs(func::FuncOp function, Random &random) {
  Buffers inputs;
  for (Type type : function.getArgumentTypes())
    inputs.push_back(randomBytes(cast<RankedTensorType>(type), random));
  return inputs;
}

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

std::string print(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream os(text);
  function.print(os, OpPrintingFlags().elideLargeElementsAttrs().elideLargeResourceString());
  return text;
}

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

RandomModule::RandomModule(unsigned number)
    : number(number), context(makeRegistry(), MLIRContext::Threading::DISABLED),
      module(ModuleOp::create(UnknownLoc::get(&context))) {
  context.loadAllAvailableDialects();
  const Contract contracts[] = {Contract::Fp32,  Contract::Fp32,        Contract::Fixed,
                                Contract::Fixed, Contract::FixedDouble, Contract::PowerOfTwo};
  Random random(number);
  for (unsigned i = 0; i < kNetworksPerModule; ++i)
    addRandomNetwork(*module, "net" + std::to_string(i), random.pick<Contract>(contracts),
                     getTileSizes(), random);
}

bool RandomModule::verify() { return succeeded(mlir::verify(*module)); }

OwningOpRef<ModuleOp> RandomModule::select(llvm::function_ref<bool(unsigned)> keep) {
  OwningOpRef<ModuleOp> copy(module->clone());
  unsigned index = 0;
  for (auto function : llvm::make_early_inc_range(copy->getOps<func::FuncOp>()))
    if (!keep(index++))
      function.erase();
  return copy;
}

} // namespace qopt::test

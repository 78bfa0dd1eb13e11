// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NetworkTester.h"

#include "qopt-c/qopt_abi.h"
#include "qopt/Codegen/KernelModels.h"
#include "qopt/Codegen/KernelProgram.h"
#include "qopt/Conversion/Passes.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/InitAll.h"

#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;

namespace qopt::test {
namespace {

//===----------------------------------------------------------------------===//
// Row sets
//===----------------------------------------------------------------------===//

/// The scalar set's dot, but vectors everywhere else.
class VectorRowSet : public codegen::RowSet {
public:
  VectorRowSet(llvm::StringRef name, int64_t lanes, bool flipped)
      : name(name), lanes(lanes), flipped(flipped) {}

  llvm::StringRef getName() const override { return name; }
  int64_t getLanes() const override { return lanes; }
  bool isFlippedAtRest() const override { return flipped; }
  const codegen::DotRow &getDotRow() const override {
    return codegen::getGenericRowSet().getDotRow();
  }

private:
  llvm::StringRef name;
  int64_t lanes;
  bool flipped;
};

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Bytes that end where a page begins that nobody may touch.
class GuardedBuffer {
public:
  explicit GuardedBuffer(size_t bytes) : size(bytes) {
    size_t page = sysconf(_SC_PAGESIZE);
    mapped = (bytes + page - 1) / page * page + page;
    base = static_cast<char *>(
        mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base + mapped - page, page, PROT_NONE);
    memset(base, kFill, mapped - page);
    begin = base + mapped - page - bytes;
  }
  GuardedBuffer(GuardedBuffer &&other) { *this = std::move(other); }
  GuardedBuffer &operator=(GuardedBuffer &&other) {
    std::swap(base, other.base), std::swap(begin, other.begin);
    std::swap(size, other.size), std::swap(mapped, other.mapped);
    return *this;
  }
  ~GuardedBuffer() {
    if (base)
      munmap(base, mapped);
  }

  char *data() { return begin; }
  llvm::ArrayRef<char> bytes() const { return {begin, size}; }
  /// The bytes before the buffer are as they were.
  bool isIntact() const {
    return std::all_of(base, begin, [](char byte) { return byte == kFill; });
  }

private:
  static constexpr char kFill = 0x5a;
  char *base = nullptr, *begin = nullptr;
  size_t size = 0, mapped = 0;
};

size_t bytesOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * (tensor.getElementType().isF32() ? 4 : 1);
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Quarters of a half-integer grid: many quotients are ties. Some are not finite.
void fillReals(float *elements, size_t count, std::mt19937 &random) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t draw = random();
    elements[i] = static_cast<float>(static_cast<int32_t>(draw % 4096) - 2048) * 0.125f;
    if (draw % 3 == 0)
      elements[i] *= 0.7310585f;
    if (draw % 101 == 0)
      elements[i] = draw % 2 ? std::numeric_limits<float>::infinity() : -1e30f;
    if (draw % 211 == 0)
      elements[i] = std::numeric_limits<float>::quiet_NaN();
  }
}

void fillCodes(char *bytes, size_t count, const QuantParams &params, std::mt19937 &random) {
  std::uniform_int_distribution<int32_t> codes(params.storageMin, params.storageMax);
  for (size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<char>(codes(random));
    if (random() % 8 == 0)
      bytes[i] = static_cast<char>(random() % 2 ? params.storageMin : params.storageMax);
  }
}

GuardedBuffer makeInput(Type type, std::mt19937 &random) {
  GuardedBuffer buffer(bytesOf(type));
  if (std::optional<QuantParams> params = getQuantParams(type))
    fillCodes(buffer.data(), bytesOf(type), *params, random);
  else
    fillReals(reinterpret_cast<float *>(buffer.data()), bytesOf(type) / 4, random);
  return buffer;
}

//===----------------------------------------------------------------------===//
// Compiling and running
//===----------------------------------------------------------------------===//

std::unique_ptr<llvm::orc::LLJIT> compile(ModuleOp networks, const codegen::RowSet &rows) {
  OwningOpRef<ModuleOp> module(cast<ModuleOp>(networks->clone()));
  if (failed(codegen::emitKernelPrograms(*module, rows, {})))
    return nullptr;
  PassManager passes(module->getContext());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertKernelsToLLVM());
  passes.addPass(createReconcileUnrealizedCastsPass());
  if (failed(passes.run(*module)))
    return nullptr;
  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(*module, *context);
  if (!code)
    return nullptr;
  auto jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  code->setDataLayout(jit->getDataLayout());
  llvm::cantFail(jit->addIRModule({std::move(code), std::move(context)}));
  return jit;
}

void runSerially(void *, uint32_t n, qopt_task task, void *arg) {
  for (uint32_t i = n; i-- > 0;)
    task(arg, i);
}

std::vector<GuardedBuffer> runCompiled(const qopt_module &network,
                                       std::vector<GuardedBuffer> &inputs, TypeRange results,
                                       uint32_t tasks) {
  std::vector<GuardedBuffer> outputs;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  for (GuardedBuffer &input : inputs)
    inputPointers.push_back(input.data());
  for (Type type : results) {
    outputs.emplace_back(bytesOf(type));
    outputPointers.push_back(outputs.back().data());
  }
  size_t bytes = network.workspace_fixed + tasks * network.workspace_per_task;
  GuardedBuffer workspace((bytes + 63) / 64 * 64);
  qopt_call call = {};
  call.size = sizeof(call);
  call.inputs = inputPointers.data(), call.outputs = outputPointers.data();
  call.workspace = workspace.data(), call.workspace_bytes = bytes;
  call.tasks = tasks, call.par = tasks > 1 ? runSerially : nullptr;
  EXPECT_EQ(network.run(&call), QOPT_OK);
  for (const GuardedBuffer &output : outputs)
    EXPECT_TRUE(output.isIntact());
  EXPECT_TRUE(workspace.isIntact());
  return outputs;
}

/// One network with its inputs and the interpreter's results.
struct Example {
  func::FuncOp function;
  std::vector<GuardedBuffer> inputs;
  std::vector<GuardedBuffer> expected;

  static Example make(func::FuncOp function) {
    Example example{function, {}, {}};
    std::mt19937 random(17);
    llvm::SmallVector<Tensor> tensors;
    for (Type type : function.getArgumentTypes()) {
      example.inputs.push_back(makeInput(type, random));
      tensors.push_back(
          Tensor::fromBytes(cast<RankedTensorType>(type), example.inputs.back().data()));
    }
    auto interpreter = llvm::cantFail(Interpreter::create(function));
    auto results = llvm::cantFail(interpreter.run(tensors));
    for (auto [type, result] : llvm::zip(function.getResultTypes(), results)) {
      example.expected.emplace_back(bytesOf(type));
      result.toBytes(cast<RankedTensorType>(type), example.expected.back().data());
    }
    return example;
  }

  void expectEqual(const qopt_module &network, llvm::StringRef rows, uint32_t tasks) {
    std::vector<GuardedBuffer> outputs =
        runCompiled(network, inputs, function.getResultTypes(), tasks);
    for (size_t r = 0; r < outputs.size(); ++r) {
      llvm::ArrayRef<char> got = outputs[r].bytes(), want = expected[r].bytes();
      size_t differing = 0, first = 0;
      for (size_t i = got.size(); i-- > 0;)
        if (got[i] != want[i])
          ++differing, first = i;
      EXPECT_EQ(differing, 0u) << function.getName().str() << " result " << r << " on "
                               << rows.str() << ", " << tasks << " tasks: first at byte " << first
                               << ", " << int(got[first]) << " instead of " << int(want[first]);
    }
  }
};

void checkModule(ModuleOp module) {
  std::vector<Example> examples;
  for (auto function : module.getOps<func::FuncOp>())
    examples.push_back(Example::make(function));
  for (const codegen::RowSet *rows : getTestRowSets()) {
    auto jit = compile(module, *rows);
    ASSERT_TRUE(jit) << rows->getName().str();
    for (Example &example : examples) {
      auto address = llvm::cantFail(jit->lookup((example.function.getName() + "_module").str()));
      for (uint32_t tasks : {1u, 3u})
        example.expectEqual(*address.toPtr<const qopt_module *>(), rows->getName(), tasks);
    }
  }
}

} // namespace

llvm::ArrayRef<const codegen::RowSet *> getTestRowSets() {
  static const VectorRowSet wide("wide-flipped", 16, true), narrow("narrow-signed", 4, false);
  static const codegen::RowSet *all[] = {&codegen::getGenericRowSet(), &wide, &narrow};
  return all;
}

void expectCompiledEqualsReference(llvm::StringRef text,
                                   llvm::ArrayRef<llvm::StringRef> contracts) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registerAllDialects(registry);
  codegen::registerLayerKernelModels(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  for (llvm::StringRef contract : contracts) {
    std::string source = text.str();
    for (size_t at; (at = source.find("CONTRACT")) != std::string::npos;)
      source.replace(at, strlen("CONTRACT"),
                     ("attributes {qopt.contract = #qopt.contract<\"" + contract + "\">}").str());
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, &context);
    ASSERT_TRUE(module) << source;
    SCOPED_TRACE(contract.str());
    checkModule(*module);
  }
}

void expectCompiledEqualsReference(llvm::StringRef text) {
  expectCompiledEqualsReference(text, {"fp32", "fixed", "fixed-double", "power-of-two"});
}

} // namespace qopt::test

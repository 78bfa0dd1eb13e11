// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NetworkTester.h"

#include "qopt/Codegen/KernelProgram.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/InitAll.h"
#include "qopt/Target/Target.h"

#include "mlir/Parser/Parser.h"
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

/// Vectors for the layers without weights.
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

using Networks = std::vector<std::unique_ptr<CompiledNetwork>>;

/// Code for the generic target, but from the kernels of `rows`: no feature of the machine is
/// needed.
llvm::Expected<Networks> compileWithRows(ModuleOp source, const codegen::RowSet &rows) {
  OwningOpRef<ModuleOp> module(cast<ModuleOp>(source->clone()));
  if (failed(codegen::emitKernelPrograms(*module, rows, {})))
    return llvm::createStringError("no kernel program");
  if (llvm::Error error = lowerToLLVM(*module, *llvm::cantFail(lookupTarget("generic"))))
    return std::move(error);
  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(*module, *context);
  std::shared_ptr<llvm::orc::LLJIT> jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  code->setDataLayout(jit->getDataLayout());
  llvm::cantFail(jit->addIRModule({std::move(code), std::move(context)}));
  Networks networks;
  for (auto function : source.getOps<func::FuncOp>()) {
    auto address = llvm::cantFail(jit->lookup((function.getName() + "_module").str()));
    networks.push_back(
        std::make_unique<CompiledNetwork>(*address.toPtr<const qopt_module *>(), jit));
  }
  return networks;
}

std::vector<GuardedBuffer> runCompiled(CompiledNetwork &network, std::vector<GuardedBuffer> &inputs,
                                       TypeRange results, uint32_t tasks) {
  std::vector<GuardedBuffer> outputs;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  for (GuardedBuffer &input : inputs)
    inputPointers.push_back(input.data());
  for (Type type : results) {
    outputs.emplace_back(bytesOf(type));
    outputPointers.push_back(outputs.back().data());
  }
  llvm::cantFail(network.run(inputPointers, outputPointers, tasks));
  for (const GuardedBuffer &output : outputs)
    EXPECT_TRUE(output.isIntact());
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

  void expectEqual(CompiledNetwork &network, llvm::StringRef target, uint32_t tasks) {
    std::vector<GuardedBuffer> outputs =
        runCompiled(network, inputs, function.getResultTypes(), tasks);
    for (size_t r = 0; r < outputs.size(); ++r) {
      llvm::ArrayRef<char> got = outputs[r].bytes(), want = expected[r].bytes();
      size_t differing = 0, first = 0;
      for (size_t i = got.size(); i-- > 0;)
        if (got[i] != want[i])
          ++differing, first = i;
      EXPECT_EQ(differing, 0u) << function.getName().str() << " result " << r << " on "
                               << target.str() << ", " << tasks << " tasks: first at byte " << first
                               << ", " << int(got[first]) << " instead of " << int(want[first]);
    }
  }
};

void expectEqual(llvm::MutableArrayRef<Example> examples, llvm::Expected<Networks> networks,
                 llvm::StringRef target) {
  if (!networks)
    FAIL() << target.str() << ": " << llvm::toString(networks.takeError());
  for (auto [example, network] : llvm::zip_equal(examples, *networks))
    for (uint32_t tasks : {1u, 3u})
      example.expectEqual(*network, target, tasks);
}

std::vector<Example> makeExamples(ModuleOp module) {
  std::vector<Example> examples;
  for (auto function : module.getOps<func::FuncOp>())
    examples.push_back(Example::make(function));
  return examples;
}

/// Every target that this machine runs; and vector row sets, flipped at rest and not, for layers
/// without weights.
void checkModule(ModuleOp module) {
  std::vector<Example> examples = makeExamples(module);
  CompileOptions options;
  options.optLevel = 1; // what is tested is the emitted code, not the optimizer
  for (const Target &target : getTargets()) {
    if (llvm::Error error = checkHost(target))
      llvm::consumeError(std::move(error));
    else
      expectEqual(examples, jitCompileAll(module, target, options), target.name);
  }
  bool hasDots =
      module.walk([](WeightedOpInterface) { return WalkResult::interrupt(); }).wasInterrupted();
  if (hasDots)
    return; // vectors around a scalar dot are no row set
  VectorRowSet wide("wide-flipped", 16, true), narrow("narrow-signed", 4, false);
  for (const codegen::RowSet *rows : {&wide, &narrow})
    expectEqual(examples, compileWithRows(module, *rows), rows->getName());
}

/// Parses `text` once for each contract and hands the modules to `check`.
void forEachContract(llvm::StringRef text, llvm::ArrayRef<llvm::StringRef> contracts,
                     llvm::function_ref<void(ModuleOp)> check) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registerAllDialects(registry);
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
    check(*module);
  }
}

constexpr llvm::StringRef kContracts[] = {"fp32", "fixed", "fixed-double", "power-of-two"};

} // namespace

void expectCompiledEqualsReference(llvm::StringRef text,
                                   llvm::ArrayRef<llvm::StringRef> contracts) {
  forEachContract(text, contracts, checkModule);
}

void expectCompiledEqualsReference(llvm::StringRef text) {
  expectCompiledEqualsReference(text, kContracts);
}

void expectRowSetEqualsReference(const codegen::RowSet &rows, llvm::StringRef text) {
  forEachContract(text, kContracts, [&](ModuleOp module) {
    std::vector<Example> examples = makeExamples(module);
    expectEqual(examples, compileWithRows(module, rows), rows.getName());
  });
}

} // namespace qopt::test

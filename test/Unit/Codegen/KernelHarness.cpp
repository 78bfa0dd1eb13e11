// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelHarness.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"

#include <cstring>

using namespace mlir;
using namespace qopt::codegen;

namespace qopt::test {

AlignedBytes::AlignedBytes(llvm::ArrayRef<char> bytes) : storage(bytes.size() + 128) {
  std::memcpy(data(), bytes.data(), bytes.size());
}

char *AlignedBytes::data() {
  auto address = reinterpret_cast<uintptr_t>(storage.data());
  return reinterpret_cast<char *>((address + 63) / 64 * 64);
}

KernelHarness::KernelHarness(MLIRContext &context, const RowSet &rows) : rows(rows) {
  context.loadDialect<func::FuncDialect, arith::ArithDialect, scf::SCFDialect,
                      vector::VectorDialect, LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(context);
  registerLLVMDialectTranslation(context);
  Location loc = UnknownLoc::get(&context);
  module = ModuleOp::create(loc);
  OpBuilder builder(module->getBodyRegion());
  SmallVector<Type> types(8, builder.getIndexType());
  placeholders =
      func::FuncOp::create(builder, loc, "placeholders", builder.getFunctionType(types, {}));
  placeholders.addEntryBlock();
  builder.setInsertionPointToStart(&placeholders.front());
  func::ReturnOp::create(builder, loc);
}

const BufferLayout &KernelHarness::getLayout(Value) const {
  static const BufferLayout none;
  return none;
}

func::FuncOp KernelHarness::getOrCreateKernel(llvm::StringRef name, llvm::StringRef signature,
                                              unsigned numPointers, KernelBody body) {
  std::string symbol = (name + "." + llvm::Twine(llvm::hash_value(signature))).str();
  if (auto existing = module->lookupSymbol<func::FuncOp>(symbol))
    return existing;
  OpBuilder builder(module->getBodyRegion());
  Location loc = module->getLoc();
  SmallVector<Type> types(numPointers, LLVM::LLVMPointerType::get(builder.getContext()));
  types.append(2, builder.getIndexType());
  auto kernel = func::FuncOp::create(builder, loc, symbol, builder.getFunctionType(types, {}));
  for (unsigned i = 0; i < numPointers; ++i)
    kernel.setArgAttr(i, "llvm.noalias", builder.getUnitAttr());
  Block *entry = kernel.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  ValueRange args = entry->getArguments();
  body(builder, loc, args.take_front(numPointers), args[numPointers], args[numPointers + 1]);
  builder.setInsertionPointToEnd(entry);
  func::ReturnOp::create(builder, loc);
  return kernel;
}

StepArg KernelHarness::constant(llvm::StringRef name, llvm::ArrayRef<char> bytes) {
  std::string symbol = (name + llvm::Twine(constants.size())).str();
  constants.emplace(symbol, AlignedBytes(bytes));
  return {Value(), symbol};
}

StepArg KernelHarness::taskScratch(int64_t bytes) {
  return constant("scratch", std::vector<char>(bytes));
}

void KernelHarness::addStep(Operation *, func::FuncOp kernel, llvm::ArrayRef<StepArg> args,
                            int64_t units, int64_t) {
  Step step{kernel.getName().str(), {}, units};
  for (const StepArg &arg : args) // lowering replaces the placeholders: keep their numbers
    step.args.push_back(
        {arg.tensor ? cast<BlockArgument>(arg.tensor).getArgNumber() : ~0u, arg.constantName});
  steps.push_back(std::move(step));
}

Value KernelHarness::tensorNumber(unsigned index) { return placeholders.getArgument(index); }

static LogicalResult lower(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  return passes.run(module);
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager cgscc;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(cgscc);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, cgscc, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

llvm::Error KernelHarness::compile(bool printIR) {
  auto failure = [](const char *what) { return llvm::createStringError(what); };
  if (failed(lower(*module)))
    return failure("kernels do not lower");
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> ir = translateModuleToLLVMIR(*module, *context);
  if (!ir)
    return failure("kernels do not translate");
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host.takeError();
  if (!cpu.empty()) {
    host->setCPU(cpu);
    host->getFeatures() = llvm::SubtargetFeatures(features);
  }
  auto machine = host->createTargetMachine();
  if (!machine)
    return machine.takeError();
  ir->setDataLayout((*machine)->createDataLayout());
  ir->setTargetTriple((*machine)->getTargetTriple());
  optimize(*ir, **machine);
  if (printIR)
    ir->print(llvm::errs(), nullptr);
  auto created = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(*host).create();
  if (!created)
    return created.takeError();
  jit = std::move(*created);
  return jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(ir), std::move(context)));
}

void KernelHarness::call(const Step &step, llvm::ArrayRef<char *> tensors, int64_t begin,
                         int64_t end) {
  void *address = llvm::cantFail(jit->lookup(step.kernel)).toPtr<void *>();
  std::vector<char *> p;
  for (const auto &[number, constantName] : step.args)
    p.push_back(number != ~0u ? tensors[number] : constants.at(constantName).data());
  using P = char *;
  if (p.size() == 3)
    reinterpret_cast<void (*)(P, P, P, int64_t, int64_t)>(address)(p[0], p[1], p[2], begin, end);
  if (p.size() == 4)
    reinterpret_cast<void (*)(P, P, P, P, int64_t, int64_t)>(address)(p[0], p[1], p[2], p[3], begin,
                                                                      end);
  if (p.size() == 5)
    reinterpret_cast<void (*)(P, P, P, P, P, int64_t, int64_t)>(address)(p[0], p[1], p[2], p[3],
                                                                         p[4], begin, end);
}

void KernelHarness::run(llvm::ArrayRef<char *> tensors, int64_t parts) {
  for (const Step &step : steps)
    for (int64_t part = 0; part < parts; ++part)
      call(step, tensors, step.units * part / parts, step.units * (part + 1) / parts);
}

} // namespace qopt::test

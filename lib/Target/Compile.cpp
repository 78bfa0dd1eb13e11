// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Quantized level to object file: our two pipelines, translation to LLVM IR, O2, emission.
#include "qopt/Target/Compile.h"

#include "Emission.h"
#include "ObjectCheck.h"
#include "StackGuard.h"
#include "qopt/Pipelines/Lowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace qopt;

//===----------------------------------------------------------------------===//
// MLIR
//===----------------------------------------------------------------------===//

/// "file:line:column: ", or nothing for an op that came from no file.
static std::string describe(Location location) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto line = location->findInstanceOf<FileLineColLoc>())
    os << line.getFilename().getValue() << ":" << line.getLine() << ":" << line.getColumn() << ": ";
  return text;
}

/// Runs `manager` and turns the first error that it reports into an llvm::Error.
static llvm::Error runPasses(PassManager &manager, ModuleOp module) {
  std::string message;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return failure();
    if (message.empty())
      message = describe(diagnostic.getLocation()) + diagnostic.str();
    return success();
  });
  if (succeeded(manager.run(module)))
    return llvm::Error::success();
  return llvm::createStringError(message.empty() ? "lowering failed" : message);
}

llvm::Error qopt::lowerToKernels(ModuleOp module, const Target &target,
                                 const CompileOptions &options) {
  PassManager manager(module.getContext());
  LowerToKernelsOptions pipeline;
  pipeline.target = target.name.str();
  pipeline.maxTasks = options.maxTasks;
  pipeline.keepAll = options.keepAll;
  pipeline.patchable = options.patchable;
  buildLowerToKernelsPipeline(manager, pipeline);
  return runPasses(manager, module);
}

llvm::Error qopt::lowerToLLVM(ModuleOp module, const Target &target) {
  PassManager manager(module.getContext());
  KernelsToLLVMOptions pipeline;
  pipeline.indexBits = target.indexBits;
  buildLowerToLLVMPipeline(manager, pipeline);
  return runPasses(manager, module);
}

/// The packed constants belong to this compilation; the context would keep them for good.
static void releaseConstants(ModuleOp module) {
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (auto value = dyn_cast_or_null<DenseResourceElementsAttr>(global.getValueOrNull()))
      value.getRawHandle().getResource()->setBlob({});
}

static llvm::Expected<std::unique_ptr<llvm::Module>>
translate(ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &machine) {
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "qopt");
  if (!code)
    return llvm::createStringError("translation to LLVM IR failed");
  code->setDataLayout(machine.createDataLayout());
  code->setTargetTriple(machine.getTargetTriple());
  return code;
}

//===----------------------------------------------------------------------===//
// LLVM
//===----------------------------------------------------------------------===//

static void initializeTargets() {
  static const bool done = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
    return true;
  }();
  (void)done;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> qopt::createTargetMachine(const Target &target,
                                                                               unsigned optLevel) {
  initializeTargets();
  std::string error;
  llvm::Triple triple(target.triple);
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return llvm::createStringError("target '%s': %s", target.name.str().c_str(), error.c_str());
  llvm::TargetOptions options;
  // The contract rounds every product by itself.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  auto level = llvm::CodeGenOpt::getLevel(optLevel).value_or(llvm::CodeGenOptLevel::Default);
  std::unique_ptr<llvm::TargetMachine> machine(
      backend->createTargetMachine(triple, target.cpu, getFeatureString(target), options,
                                   llvm::Reloc::PIC_, std::nullopt, level));
  if (!machine)
    return llvm::createStringError("LLVM has no machine for target '%s'",
                                   target.name.str().c_str());
  return machine;
}

/// The functions of the target's runtime, with the attributes that the program's own have.
static llvm::Error addRuntime(llvm::Module &code, const Target &target) {
  if (target.runtime.empty())
    return llvm::Error::success();
  llvm::SMDiagnostic problem;
  std::unique_ptr<llvm::Module> runtime =
      llvm::parseAssemblyString(target.runtime, problem, code.getContext());
  if (!runtime)
    return llvm::createStringError("target '%s': %s", target.name.str().c_str(),
                                   problem.getMessage().str().c_str());
  runtime->setDataLayout(code.getDataLayout());
  runtime->setTargetTriple(code.getTargetTriple());
  for (llvm::Function &function : *runtime) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", getFeatureString(target));
    function.addFnAttr("no-builtins");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  if (llvm::Linker::linkModules(code, std::move(runtime)))
    return llvm::createStringError("target '%s': its runtime does not link",
                                   target.name.str().c_str());
  return llvm::Error::success();
}

static llvm::OptimizationLevel getOptimizationLevel(unsigned level) {
  switch (level) {
  case 0:
    return llvm::OptimizationLevel::O0;
  case 1:
    return llvm::OptimizationLevel::O1;
  case 2:
    return llvm::OptimizationLevel::O2;
  default:
    return llvm::OptimizationLevel::O3;
  }
}

static void optimize(llvm::Module &code, llvm::TargetMachine &machine, unsigned optLevel) {
  llvm::PassBuilder passes(&machine);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  // Freestanding: no function of libc may be taken for granted, or made.
  llvm::TargetLibraryInfoImpl library(code.getTargetTriple());
  library.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  llvm::OptimizationLevel level = getOptimizationLevel(optLevel);
  llvm::ModulePassManager pipeline = level == llvm::OptimizationLevel::O0
                                         ? passes.buildO0DefaultPipeline(level)
                                         : passes.buildPerModuleDefaultPipeline(level);
  pipeline.run(code, modules);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
qopt::emitFile(llvm::Module &code, llvm::TargetMachine &machine, llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return llvm::createStringError("LLVM cannot emit code for %s",
                                   machine.getTargetTriple().str().c_str());
  passes.run(code);
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(bytes), "qopt.o",
                                                         /*RequiresNullTerminator=*/false);
}

static void registerTranslations(MLIRContext *context) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context->appendDialectRegistry(registry);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
qopt::emitProgram(OwningOpRef<ModuleOp> program, const Target &target,
                  const EmissionOptions &options) {
  auto machine = createTargetMachine(target, options.optLevel);
  if (!machine)
    return machine.takeError();
  registerTranslations(program->getContext());
  llvm::LLVMContext context;
  auto code = translate(*program, context, **machine);
  releaseConstants(*program);
  program = nullptr;
  if (!code)
    return code.takeError();
  if (llvm::Error error = addRuntime(**code, target))
    return std::move(error);
  if (options.adapt)
    if (llvm::Error error = options.adapt(**code))
      return std::move(error);
  optimize(**code, **machine, options.optLevel);
  StackGuard stack(**code, target.stackBytes);
  auto file = emitFile(**code, **machine, options.fileType);
  if (!file)
    return file.takeError();
  if (llvm::Error error = stack.check())
    return std::move(error);
  if (options.fileType == llvm::CodeGenFileType::ObjectFile && !options.adapt)
    if (llvm::Error error = checkFreestanding(**file))
      return std::move(error);
  return file;
}

llvm::Expected<CompiledObject> qopt::compileToObject(ModuleOp module, const Target &target,
                                                     const CompileOptions &options) {
  OwningOpRef<ModuleOp> program(module.clone());
  if (llvm::Error error = lowerToKernels(*program, target, options))
    return std::move(error);
  return compileProgram(std::move(program), target, options);
}

llvm::Expected<CompiledObject> qopt::compileProgram(OwningOpRef<ModuleOp> program,
                                                    const Target &target,
                                                    const CompileOptions &options) {
  CompiledObject compiled;
  compiled.programs = codegen::getProgramInfos(*program);
  if (llvm::Error error = lowerToLLVM(*program, target))
    return std::move(error);
  EmissionOptions emission;
  emission.optLevel = options.optLevel;
  auto object = emitProgram(std::move(program), target, emission);
  if (!object)
    return object.takeError();
  compiled.object = std::move(*object);
  return compiled;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One network for several machines of a kind in one object. The code for the least of them holds
// the descriptor and indirect functions, which the loader resolves once.
#include "Emission.h"
#include "Resolver.h"
#include "qopt/Support/OutputFile.h"
#include "qopt/Support/TemporaryFolder.h"
#include "qopt/Target/Compile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

using namespace qopt;
using codegen::ProgramInfo;

namespace {

/// Entry points of a network; `_call` is what its descriptor names.
constexpr llvm::StringLiteral kEntryPoints[] = {"_run", "_run_parallel", "_call"};
/// Fields of qopt_module.
enum { kTargetField = 5, kFixedField = 14, kPerTaskField = 15, kRunField = 16 };

std::string variantName(llvm::StringRef network, unsigned variant) {
  return (network + "__" + llvm::Twine(variant)).str();
}

llvm::Function *declareLike(llvm::Function *function, const std::string &name) {
  auto *declared =
      llvm::Function::Create(function->getFunctionType(), llvm::GlobalValue::ExternalLinkage, name,
                             *function->getParent());
  declared->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return declared;
}

class VariantCompiler {
public:
  VariantCompiler(mlir::ModuleOp module, llvm::ArrayRef<const Target *> targets,
                  const CompileOptions &options)
      : module(module), targets(targets), options(options) {
    for (auto function : module.getOps<mlir::func::FuncOp>())
      if (function.isPublic())
        networks.push_back(function.getName().str());
  }

  llvm::Expected<CompiledObject> run();

private:
  llvm::Error compileVariant(unsigned variant);
  /// Renames the entry points so that those of all variants fit into one program.
  llvm::Error rename(llvm::Module &code, unsigned variant) const;
  /// Puts the chosen entry points into the code of the last variant.
  llvm::Error choose(llvm::Module &code) const;
  llvm::Error chooseNetwork(llvm::Module &code, const ProgramInfo &program) const;
  void patchDescriptor(llvm::Module &code, const ProgramInfo &program, llvm::Constant *run) const;
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> merge() const;

  mlir::ModuleOp module;
  llvm::ArrayRef<const Target *> targets;
  const CompileOptions &options;
  std::vector<std::string> networks;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> objects;
  std::vector<ProgramInfo> programs; ///< with the workspaces that serve every variant
};

} // namespace

llvm::Error VariantCompiler::rename(llvm::Module &code, unsigned variant) const {
  for (const std::string &network : networks) {
    for (llvm::StringRef entry : kEntryPoints) {
      llvm::Function *function = code.getFunction((network + entry).str());
      if (!function)
        return llvm::createStringError("%s%s: not in the program", network.c_str(),
                                       entry.str().c_str());
      function->setName(variantName(network, variant) + entry);
      function->setLinkage(llvm::GlobalValue::ExternalLinkage);
      function->setVisibility(llvm::GlobalValue::HiddenVisibility);
    }
    if (variant + 1 < targets.size())
      code.getNamedGlobal(network + "_module")->setLinkage(llvm::GlobalValue::InternalLinkage);
  }
  return llvm::Error::success();
}

void VariantCompiler::patchDescriptor(llvm::Module &code, const ProgramInfo &program,
                                      llvm::Constant *run) const {
  llvm::GlobalVariable *descriptor = code.getNamedGlobal(program.network + "_module");
  auto *fields = llvm::cast<llvm::ConstantStruct>(descriptor->getInitializer());
  llvm::SmallVector<llvm::Constant *> values;
  for (llvm::Use &field : fields->operands())
    values.push_back(llvm::cast<llvm::Constant>(field.get()));
  std::string names =
      llvm::join(llvm::map_range(targets, [](const Target *target) { return target->name; }), ",");
  auto *text = llvm::ConstantDataArray::getString(code.getContext(), names);
  values[kTargetField] = new llvm::GlobalVariable(code, text->getType(), /*isConstant=*/true,
                                                  llvm::GlobalValue::InternalLinkage, text,
                                                  program.network + "_targets");
  values[kFixedField] = llvm::ConstantInt::get(values[kFixedField]->getType(), program.arenaBytes);
  values[kPerTaskField] =
      llvm::ConstantInt::get(values[kPerTaskField]->getType(), program.taskBytes);
  values[kRunField] = run;
  descriptor->setInitializer(llvm::ConstantStruct::get(fields->getType(), values));
}

llvm::Error VariantCompiler::chooseNetwork(llvm::Module &code, const ProgramInfo &program) const {
  unsigned last = targets.size() - 1;
  llvm::Triple triple(targets[last]->triple);
  for (llvm::StringRef entry : kEntryPoints) {
    llvm::Function *base = code.getFunction(variantName(program.network, last) + entry.str());
    llvm::SmallVector<Choice> choices;
    for (unsigned variant = 0; variant < last; ++variant)
      choices.push_back({declareLike(base, variantName(program.network, variant) + entry.str()),
                         targets[variant]->features});
    auto chosen =
        getResolver(triple)->addFunction(code, program.network + entry.str(), choices, base);
    if (!chosen)
      return chosen.takeError();
    if (entry != "_call")
      continue;
    (*chosen)->setVisibility(llvm::GlobalValue::HiddenVisibility);
    patchDescriptor(code, program, *chosen);
  }
  return llvm::Error::success();
}

llvm::Error VariantCompiler::choose(llvm::Module &code) const {
  for (const ProgramInfo &program : programs)
    if (llvm::Error error = chooseNetwork(code, program))
      return error;
  return llvm::Error::success();
}

llvm::Error VariantCompiler::compileVariant(unsigned variant) {
  const Target &target = *targets[variant];
  mlir::OwningOpRef<mlir::ModuleOp> program(module.clone());
  if (llvm::Error error = lowerToKernels(*program, target, options))
    return error;
  std::vector<ProgramInfo> infos = codegen::getProgramInfos(*program);
  if (programs.empty())
    programs = infos;
  for (auto [all, own] : llvm::zip_equal(programs, infos)) {
    all.arenaBytes = std::max(all.arenaBytes, own.arenaBytes);
    all.taskBytes = std::max(all.taskBytes, own.taskBytes);
  }
  if (llvm::Error error = lowerToLLVM(*program, target))
    return error;
  EmissionOptions emission;
  emission.optLevel = options.optLevel;
  emission.adapt = [&](llvm::Module &code) -> llvm::Error {
    if (llvm::Error error = rename(code, variant))
      return error;
    return variant + 1 == targets.size() ? choose(code) : llvm::Error::success();
  };
  auto object = emitProgram(std::move(program), target, emission);
  if (!object)
    return object.takeError();
  objects.push_back(std::move(*object));
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> VariantCompiler::merge() const {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create("qopt-variants");
  if (!folder)
    return folder.takeError();
  std::vector<std::string> paths;
  for (const auto &object : objects) {
    paths.push_back(folder->file(llvm::Twine(paths.size()) + ".o"));
    if (llvm::Error error = writeOutputFile(paths.back(), object->getBuffer()))
      return std::move(error);
  }
  std::string output = folder->file("all.o");
  if (llvm::Error error = mergeObjects(paths, output))
    return std::move(error);
  auto file = llvm::MemoryBuffer::getFile(output, false, false, /*IsVolatile=*/true);
  if (!file)
    return llvm::createStringError(file.getError(), "cannot read '%s'", output.c_str());
  return std::move(*file);
}

llvm::Expected<CompiledObject> VariantCompiler::run() {
  for (unsigned variant = 0; variant < targets.size(); ++variant)
    if (llvm::Error error = compileVariant(variant))
      return std::move(error);
  auto merged = merge();
  if (!merged)
    return merged.takeError();
  CompiledObject compiled;
  compiled.object = std::move(*merged);
  compiled.programs = std::move(programs);
  return compiled;
}

/// Whether every CPU for `target` has the features of `least`.
static llvm::Expected<bool> implies(const Target &target, const Target &least) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  return least.features.empty() ||
         (*machine)->getMCSubtargetInfo()->checkFeatures(getFeatureString(least));
}

/// The last target's features are what the descriptor asks for, so every CPU must have them.
static llvm::Error checkVariants(llvm::ArrayRef<const Target *> targets) {
  const Target &least = *targets.back();
  for (const Target *target : targets) {
    llvm::Triple triple(target->triple);
    if (!getResolver(triple))
      return llvm::createStringError(
          "target '%s': %s libraries cannot choose when they are loaded; compile it alone",
          target->name.str().c_str(), triple.getArchName().str().c_str());
    if (triple.getArch() != llvm::Triple(least.triple).getArch())
      return llvm::createStringError(
          "targets '%s' and '%s' are for different machines; give them one library each",
          target->name.str().c_str(), least.name.str().c_str());
    if (llvm::count(targets, target) > 1)
      return llvm::createStringError("target '%s' is given twice; leave one out",
                                     target->name.str().c_str());
    auto implied = implies(*target, least);
    if (!implied)
      return implied.takeError();
    if (!*implied)
      return llvm::createStringError("target '%s' is last, but needs more than '%s' does; let the "
                                     "target that needs least be the last",
                                     least.name.str().c_str(), target->name.str().c_str());
  }
  return llvm::Error::success();
}

llvm::Expected<CompiledObject> qopt::compileToObject(mlir::ModuleOp module,
                                                     llvm::ArrayRef<const Target *> targets,
                                                     const CompileOptions &options) {
  if (targets.size() == 1)
    return compileToObject(module, *targets.front(), options);
  if (llvm::Error error = checkVariants(targets))
    return std::move(error);
  return VariantCompiler(module, targets, options).run();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The jit engine: the very object that a file would hold, linked into this process.
#include "qopt/ExecutionEngine/CompiledNetwork.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"

using namespace qopt;

static llvm::Expected<std::vector<char *>>
findBiasObjects(llvm::orc::LLJIT &jit, const codegen::ProgramInfo &program) {
  std::vector<char *> objects;
  for (const codegen::BiasInfo &bias : program.biases) {
    auto symbol = jit.lookup(bias.symbol);
    if (!symbol)
      return symbol.takeError();
    objects.push_back(symbol->toPtr<char *>());
  }
  return objects;
}

llvm::Expected<std::vector<std::unique_ptr<CompiledNetwork>>>
qopt::jitCompileAll(mlir::ModuleOp module, const Target &target, const CompileOptions &options) {
  if (llvm::Error error = checkHost(target))
    return std::move(error);
  llvm::Expected<CompiledObject> compiled = compileToObject(module, target, options);
  if (!compiled)
    return compiled.takeError();
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit =
      llvm::orc::LLJITBuilder().setPlatformSetUp(llvm::orc::setUpInactivePlatform).create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = (*jit)->addObjectFile(std::move(compiled->object)))
    return std::move(error);

  std::shared_ptr<llvm::orc::LLJIT> owner = std::move(*jit);
  std::vector<std::unique_ptr<CompiledNetwork>> networks;
  for (codegen::ProgramInfo &program : compiled->programs) {
    auto symbol = owner->lookup(program.network + "_module");
    if (!symbol)
      return symbol.takeError();
    auto biases = findBiasObjects(*owner, program);
    if (!biases)
      return biases.takeError();
    networks.push_back(std::make_unique<CompiledNetwork>(*symbol->toPtr<const qopt_module *>(),
                                                         owner, std::move(program)));
    networks.back()->setBiasObjects(std::move(*biases));
  }
  return std::move(networks);
}

llvm::Expected<std::unique_ptr<CompiledNetwork>> qopt::jitCompile(mlir::ModuleOp module,
                                                                  llvm::StringRef name,
                                                                  const Target &target,
                                                                  const CompileOptions &options) {
  auto networks = jitCompileAll(module, target, options);
  if (!networks)
    return networks.takeError();
  if (name.empty() && networks->size() == 1)
    return std::move(networks->front());
  for (std::unique_ptr<CompiledNetwork> &network : *networks)
    if (network->getName() == name)
      return std::move(network);
  return llvm::createStringError("the module has no network '%s'", name.str().c_str());
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The assembly of single kernels, for people.
#include "Emission.h"
#include "qopt/Target/Compile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace qopt;

/// From the symbol's line to the end of the function.
static llvm::StringRef findFunction(llvm::StringRef assembly, llvm::StringRef symbol) {
  size_t begin = assembly.find(("\n" + symbol + ":").str());
  if (begin == llvm::StringRef::npos)
    return {};
  llvm::StringRef text = assembly.drop_front(begin + 1);
  return text.take_front(text.find("\n.Lfunc_end"));
}

llvm::Expected<std::string> qopt::getKernelAssembly(mlir::ModuleOp module, const Target &target,
                                                    llvm::StringRef layer,
                                                    const CompileOptions &options) {
  mlir::OwningOpRef<mlir::ModuleOp> program(module.clone());
  if (llvm::Error error = lowerToKernels(*program, target, options))
    return std::move(error);
  std::vector<std::string> kernels, layers;
  for (const codegen::ProgramInfo &info : codegen::getProgramInfos(*program))
    for (const codegen::StepInfo &step : info.steps) {
      if (!llvm::is_contained(layers, step.layer))
        layers.push_back(step.layer);
      if (step.layer == layer && !llvm::is_contained(kernels, step.kernel))
        kernels.push_back(step.kernel);
    }
  if (kernels.empty())
    return llvm::createStringError("no layer is called '%s'; choose one of %s", layer.str().c_str(),
                                   llvm::join(layers, ", ").c_str());
  if (llvm::Error error = lowerToLLVM(*program, target))
    return std::move(error);
  EmissionOptions emission;
  emission.optLevel = options.optLevel;
  emission.fileType = llvm::CodeGenFileType::AssemblyFile;
  auto assembly = emitProgram(std::move(program), target, emission);
  if (!assembly)
    return assembly.takeError();
  std::string text;
  for (const std::string &kernel : kernels)
    text += findFunction((*assembly)->getBuffer(), kernel).str() + "\n";
  return text;
}

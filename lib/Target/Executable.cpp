// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Networks and the harness of their machine, linked to a static executable.
#include "Emission.h"
#include "Harness/HarnessObjects.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Support/OutputFile.h"
#include "qopt/Support/TemporaryFolder.h"
#include "qopt/Target/Compile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

using namespace qopt;

std::vector<HarnessNetwork> qopt::getHarnessNetworks(mlir::ModuleOp module) {
  std::vector<HarnessNetwork> networks;
  for (auto function : module.getOps<mlir::func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    HarnessNetwork network{function.getName().str(), {}};
    for (mlir::Type type : function.getArgumentTypes()) {
      QuantParams params = getQuantParams(type).value_or(QuantParams());
      network.inputBounds.push_back({params.storageMin, params.storageMax});
    }
    networks.push_back(std::move(network));
  }
  return networks;
}

namespace {

/// The objects qopt_harness_networks and qopt_harness_count of Harness.h.
class TableBuilder {
public:
  explicit TableBuilder(llvm::Module &code)
      : code(code), word(llvm::Type::getInt32Ty(code.getContext())),
        pointer(llvm::PointerType::getUnqual(code.getContext())) {}

  void build(llvm::ArrayRef<HarnessNetwork> networks) {
    llvm::SmallVector<llvm::Constant *> rows;
    for (const HarnessNetwork &network : networks)
      rows.push_back(makeRow(network));
    define(rows, "qopt_harness_networks");
    define(llvm::ConstantInt::get(word, networks.size()), "qopt_harness_count");
  }

private:
  llvm::Constant *makeRow(const HarnessNetwork &network) {
    auto *module = new llvm::GlobalVariable(code, pointer, /*isConstant=*/true,
                                            llvm::GlobalValue::ExternalLinkage, nullptr,
                                            network.name + "_module");
    llvm::SmallVector<llvm::Constant *> bounds;
    for (auto [low, high] : network.inputBounds)
      for (int32_t bound : {low, high})
        bounds.push_back(llvm::ConstantInt::getSigned(word, bound));
    llvm::Constant *table = llvm::ConstantPointerNull::get(pointer);
    if (!bounds.empty())
      table = define(bounds, network.name + "_bounds");
    return llvm::ConstantStruct::getAnon({module, table});
  }

  /// A constant object of this name.
  llvm::GlobalVariable *define(llvm::Constant *value, const llvm::Twine &name) {
    return new llvm::GlobalVariable(code, value->getType(), /*isConstant=*/true,
                                    llvm::GlobalValue::ExternalLinkage, value, name);
  }
  llvm::GlobalVariable *define(llvm::ArrayRef<llvm::Constant *> values, const llvm::Twine &name) {
    auto *type = llvm::ArrayType::get(values.front()->getType(), values.size());
    return define(llvm::ConstantArray::get(type, values), name);
  }

  llvm::Module &code;
  llvm::Type *word;
  llvm::PointerType *pointer;
};

} // namespace

static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
emitTable(const Target &target, llvm::ArrayRef<HarnessNetwork> networks) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  llvm::Module code("qopt-harness", context);
  code.setDataLayout((*machine)->createDataLayout());
  code.setTargetTriple((*machine)->getTargetTriple());
  TableBuilder(code).build(networks);
  return emitFile(code, **machine, llvm::CodeGenFileType::ObjectFile);
}

llvm::Error qopt::checkHarness(const Target &target) {
  llvm::Triple triple(target.triple);
  if (!getHarnessObject(triple).empty())
    return llvm::Error::success();
  return llvm::createStringError(
      "there is no harness for target '%s' (%s), only for aarch64 and hexagon; run its NAME.so",
      target.name.str().c_str(), triple.getArchName().str().c_str());
}

llvm::Error qopt::linkExecutable(llvm::StringRef objectPath, llvm::StringRef outputPath,
                                 const Target &target, llvm::ArrayRef<HarnessNetwork> networks) {
  if (llvm::Error error = checkHarness(target))
    return error;
  auto table = emitTable(target, networks);
  if (!table)
    return table.takeError();
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create("qopt-harness");
  if (!folder)
    return folder.takeError();
  std::string tablePath = folder->file("table.o"), harnessPath = folder->file("harness.o");
  if (llvm::Error error = writeOutputFile(tablePath, (*table)->getBuffer()))
    return error;
  if (llvm::Error error =
          writeOutputFile(harnessPath, getHarnessObject(llvm::Triple(target.triple))))
    return error;
  std::string object = objectPath.str();
  return link({"-static", "--no-undefined", "-z", "noexecstack", "--build-id=none",
               harnessPath.c_str(), tablePath.c_str(), object.c_str()},
              outputPath);
}

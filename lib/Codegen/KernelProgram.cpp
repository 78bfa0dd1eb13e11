// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Codegen/KernelProgram.h"

#include "EntryPoints.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// What emission takes for granted; MLIR would crash on some of it.
static LogicalResult checkNetwork(func::FuncOp network) {
  if (!network->hasAttr(kContractAttr))
    return network.emitOpError(
        "is not quantized (no qopt.contract): only networks of the quantized "
        "level become kernel programs; run qopt-quantize first");
  if (!isIdentifier(network.getName()))
    return network.emitOpError("has a name that is no C identifier");
  if (!llvm::hasSingleElement(network.getBody()))
    return network.emitOpError("must have exactly one block");
  if (network.getNumResults() == 0)
    return network.emitOpError("returns nothing");
  auto isTensor = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.hasStaticShape() && tensor.getNumElements() > 0;
  };
  if (!llvm::all_of(network.getArgumentTypes(), isTensor) ||
      !llvm::all_of(network.getResultTypes(), isTensor))
    return network.emitOpError("needs ranked tensors of static, non-zero sizes");
  return success();
}

/// What a caller can hand over: the descriptor knows a dtype for it. Unsigned arguments are
/// pixels.
static bool isInterfaceElement(Type type, bool isArgument) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(type))
    return (isArgument || quantized.isSigned()) && quantized.getStorageTypeIntegralWidth() <= 8;
  return type.isF32() || type.isSignlessInteger(32) || type.isSignlessInteger(8);
}

/// Left to the last: where an op is at fault as well, its message says more.
static LogicalResult checkInterface(func::FuncOp network) {
  for (bool isArgument : {true, false})
    for (Type type : isArgument ? network.getArgumentTypes() : network.getResultTypes())
      if (!isInterfaceElement(getElementTypeOrSelf(type), isArgument))
        return network.emitOpError("has an argument or result of ")
               << type << ": expected f32, i32, i8 or signed quantized values of at most 8 bits";
  return success();
}

/// The names that the C ABI gives must be free in the module.
static LogicalResult checkNames(func::FuncOp network) {
  ModuleOp module = network->getParentOfType<ModuleOp>();
  for (StringRef suffix : {"_run", "_run_parallel", "_module"}) {
    std::string name = (network.getName() + suffix).str();
    if (module.lookupSymbol(name))
      return network.emitOpError("becomes a program that defines '")
             << name << "', a name that the module has already";
  }
  return success();
}

static NetworkSignature getSignature(func::FuncOp network) {
  NetworkSignature signature{network.getName().str(), network.getFunctionType(), {}, {},
                             getContract(network),    network.getLoc()};
  for (unsigned i = 0; i < network.getNumArguments(); ++i)
    signature.inputAttrs.push_back(network.getArgAttrDict(i));
  for (unsigned i = 0; i < network.getNumResults(); ++i)
    signature.outputAttrs.push_back(network.getResultAttrDict(i));
  return signature;
}

/// "name: type, bytes" of every argument or result.
static std::vector<std::string> describePorts(TypeRange types, ArrayRef<DictionaryAttr> attrs) {
  std::vector<std::string> texts;
  for (auto [type, attr] : llvm::zip_equal(types, attrs)) {
    std::string &text = texts.emplace_back();
    llvm::raw_string_ostream os(text);
    if (auto name = attr ? attr.getAs<StringAttr>(kNameAttr) : StringAttr())
      os << name.getValue() << ": ";
    os << type << ", " << getTensorBytes(type) << " bytes";
  }
  return texts;
}

static FailureOr<ProgramInfo> emitProgram(func::FuncOp network, KernelLibrary &library,
                                          const RowSet &vectors, const ProgramOptions &options) {
  if (failed(checkNetwork(network)))
    return failure();
  bool isScalar = llvm::is_contained(options.scalarContracts, getContract(network));
  const RowSet &rows = isScalar ? getGenericRowSet() : vectors;
  FailureOr<BufferPlan> plan = BufferPlan::create(network, rows, options.keepAll);
  if (failed(plan))
    return failure();
  ProgramEmitter emitter(library, network, rows, *plan, options);
  if (failed(emitter.run()) || failed(checkInterface(network)))
    return failure();
  NetworkSignature signature = getSignature(network);
  network.erase();
  std::string run =
      emitEntryPoints(library, signature, emitter.getSteps(), emitter.getInfo(), options);
  emitDescriptor(library, signature, emitter.getInfo(), options, run);
  ProgramInfo info = emitter.getInfo();
  info.inputs = describePorts(signature.type.getInputs(), signature.inputAttrs);
  info.outputs = describePorts(signature.type.getResults(), signature.outputAttrs);
  return info;
}

LogicalResult qopt::codegen::emitKernelPrograms(ModuleOp module, const RowSet &rows,
                                                const ProgramOptions &options) {
  KernelLibrary library(module, rows.getAlignment());
  SmallVector<Attribute> programs;
  SmallVector<func::FuncOp> networks; // before entry points, public functions as well, join them
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      networks.push_back(function);
  for (func::FuncOp network : networks)
    if (failed(checkNames(network)))
      return failure();
  for (func::FuncOp network : networks) {
    FailureOr<ProgramInfo> info = emitProgram(network, library, rows, options);
    if (failed(info))
      return failure();
    programs.push_back(info->toAttribute(module.getContext()));
  }
  if (programs.empty())
    return module.emitOpError("holds no network: a public func.func of the quantized level");
  module->setAttr(kProgramsAttr, ArrayAttr::get(module.getContext(), programs));
  return success();
}

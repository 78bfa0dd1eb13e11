// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelLibrary.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace qopt::codegen;

std::string KernelLibrary::getFreshSymbol(StringRef name) {
  std::string base;
  for (char c : name)
    base += llvm::isAlnum(c) ? c : '_';
  if (base.empty() || llvm::isDigit(base.front()))
    base.insert(base.begin(), '_');
  std::string symbol = base;
  while (symbols.contains(symbol) || module.lookupSymbol(symbol))
    symbol = base + "_" + std::to_string(++symbols[base]);
  symbols.try_emplace(symbol, 0);
  return symbol;
}

func::FuncOp KernelLibrary::createFunction(Location loc, StringRef name, ArrayRef<Type> arguments,
                                           ArrayRef<Type> results) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto type = builder.getFunctionType(arguments, results);
  auto function = func::FuncOp::create(builder, loc, name, type);
  function.setPrivate();
  function->setAttr("llvm.linkage",
                    LLVM::LinkageAttr::get(builder.getContext(), LLVM::linkage::Linkage::Internal));
  function.addEntryBlock();
  symbols.try_emplace(name, 0);
  return function;
}

func::FuncOp KernelLibrary::getOrCreateKernel(StringRef name, StringRef signature,
                                              unsigned numPointers, KernelBody body) {
  std::string key = (name + "|" + signature).str();
  if (auto it = kernels.find(key); it != kernels.end())
    return it->second;

  std::string symbol = name.str();
  if (!signature.empty()) {
    uint32_t hash = static_cast<uint32_t>(llvm::xxh3_64bits(signature));
    symbol += "_" + llvm::utohexstr(hash, /*LowerCase=*/true, /*Width=*/8);
  }
  MLIRContext *context = module.getContext();
  SmallVector<Type> arguments(numPointers, LLVM::LLVMPointerType::get(context));
  arguments.append(2, IndexType::get(context));
  Location loc = UnknownLoc::get(context); // shared: no layer owns it
  func::FuncOp kernel = createFunction(loc, getFreshSymbol(symbol), arguments, {});
  // Kernels stay functions of their own: a network in one function would take quadratic time to
  // compile, and profilers would see nothing.
  kernel.setNoInlineAttr(UnitAttr::get(context));
  for (unsigned i = 0; i < numPointers; ++i)
    kernel.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), UnitAttr::get(context));

  Block &block = kernel.front();
  OpBuilder builder = OpBuilder::atBlockEnd(&block);
  body(builder, loc, block.getArguments().take_front(numPointers), block.getArgument(numPointers),
       block.getArgument(numPointers + 1));
  builder.setInsertionPointToEnd(&block);
  func::ReturnOp::create(builder, loc);
  kernels[key] = kernel;
  return kernel;
}

func::FuncOp KernelLibrary::getOrCreateHelper(Location loc, StringRef name,
                                              ArrayRef<Type> arguments, ArrayRef<Type> results,
                                              llvm::function_ref<void(func::FuncOp)> build) {
  func::FuncOp &helper = helpers[name];
  if (!helper) {
    helper = createFunction(loc, getFreshSymbol(name), arguments, results);
    build(helper);
  }
  return helper;
}

LLVM::GlobalOp KernelLibrary::createGlobal(StringRef name, ArrayRef<char> bytes) {
  MLIRContext *context = module.getContext();
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  if (lastConstant)
    builder.setInsertionPointAfter(lastConstant);
  std::string symbol = getFreshSymbol(name);
  auto type = RankedTensorType::get({static_cast<int64_t>(bytes.size())}, builder.getI8Type());
  // 16: blobs of a greater alignment do not survive bytecode that is read from a stream.
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 16);
  auto value = DenseResourceElementsAttr::get(type, symbol, std::move(blob));
  auto global = LLVM::GlobalOp::create(builder, UnknownLoc::get(context),
                                       LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size()),
                                       /*isConstant=*/true, LLVM::Linkage::Internal, symbol, value,
                                       constantAlignment);
  lastConstant = global;
  return global;
}

std::string KernelLibrary::getOrCreateConstant(StringRef name, ArrayRef<char> bytes) {
  uint64_t hash = llvm::xxh3_64bits(StringRef(bytes.data(), bytes.size()));
  for (const std::string &symbol : constants[hash])
    if (constantBytes[symbol] == bytes)
      return symbol;

  LLVM::GlobalOp global = createGlobal(name, bytes);
  std::string symbol = global.getSymName().str();
  auto value = cast<DenseResourceElementsAttr>(global.getValueOrNull());
  constants[hash].push_back(symbol);
  constantBytes[symbol] = value.getRawHandle().getBlob()->getData();
  return symbol;
}

std::string KernelLibrary::createVariable(StringRef name, ArrayRef<char> bytes) {
  LLVM::GlobalOp global = createGlobal(name, bytes);
  global.setConstant(false);
  global.setLinkage(LLVM::Linkage::External);
  global.setDsoLocal(true); // addressed as a constant is
  return global.getSymName().str();
}

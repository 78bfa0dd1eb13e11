// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels and constants of a module, shared by the layers of all its networks.
#ifndef QOPT_LIB_CODEGEN_KERNELLIBRARY_H
#define QOPT_LIB_CODEGEN_KERNELLIBRARY_H

#include "qopt/Codegen/ProgramBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace qopt::codegen {

class KernelLibrary {
public:
  KernelLibrary(mlir::ModuleOp module, unsigned constantAlignment)
      : module(module), constantAlignment(constantAlignment) {}

  mlir::func::FuncOp getOrCreateKernel(llvm::StringRef name, llvm::StringRef signature,
                                       unsigned numPointers, KernelBody body);
  /// A function that all programs of the module share, built once.
  mlir::func::FuncOp getOrCreateHelper(mlir::Location loc, llvm::StringRef name,
                                       llvm::ArrayRef<mlir::Type> arguments,
                                       llvm::ArrayRef<mlir::Type> results,
                                       llvm::function_ref<void(mlir::func::FuncOp)> build);
  /// The symbol of a constant with these bytes.
  std::string getOrCreateConstant(llvm::StringRef name, llvm::ArrayRef<char> bytes);
  /// An object that starts with these bytes and may change: nothing shares it, and its symbol can
  /// be looked up from outside.
  std::string createVariable(llvm::StringRef name, llvm::ArrayRef<char> bytes);
  /// A symbol that nothing has yet, made of the identifier characters of `name`.
  std::string getFreshSymbol(llvm::StringRef name);

  /// A private function at the end of the module, with one empty block.
  mlir::func::FuncOp createFunction(mlir::Location loc, llvm::StringRef name,
                                    llvm::ArrayRef<mlir::Type> arguments,
                                    llvm::ArrayRef<mlir::Type> results);
  mlir::ModuleOp getModule() const { return module; }

private:
  mlir::LLVM::GlobalOp createGlobal(llvm::StringRef name, llvm::ArrayRef<char> bytes);

  mlir::ModuleOp module;
  unsigned constantAlignment;
  mlir::Operation *lastConstant = nullptr;
  llvm::StringMap<mlir::func::FuncOp> kernels; ///< by name and signature
  llvm::StringMap<mlir::func::FuncOp> helpers;
  llvm::StringMap<unsigned> symbols; ///< taken, with the last suffix tried
  llvm::DenseMap<uint64_t, llvm::SmallVector<std::string, 1>> constants; ///< by hash of the bytes
  llvm::StringMap<llvm::ArrayRef<char>> constantBytes;
};

} // namespace qopt::codegen

#endif // QOPT_LIB_CODEGEN_KERNELLIBRARY_H

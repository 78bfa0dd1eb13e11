// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening a model file of any kind: ONNX, or MLIR text of any level.
#ifndef QOPT_TOOLS_COMMON_MODELFILE_H
#define QOPT_TOOLS_COMMON_MODELFILE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace llvm {
class ThreadPoolInterface;
} // namespace llvm

namespace qopt {

/// The levels of docs/Architecture.md.
enum class Level { Float = 1, Simulated = 2, Quantized = 3, Kernels = 4, LLVM = 5 };

/// "the float level (1)", … for messages.
llvm::StringRef describe(Level level);

/// The level that the ops of `module` belong to.
Level detectLevel(mlir::ModuleOp module);

struct ImportSettings {
  int64_t batch = 1;          ///< for a model whose leading dimension is dynamic
  bool nhwcInterface = false; ///< --io-layout=nhwc
};

/// A module and the context that it lives in, ready for all our passes.
class Model {
public:
  /// Reads `path`; by its contents for MLIR, by its ending for ONNX. Errors are one sentence that
  /// names the file.
  static llvm::Expected<Model> open(llvm::StringRef path, const ImportSettings &settings);

  mlir::ModuleOp module() { return *ref; }
  mlir::MLIRContext *context() { return owner.get(); }
  Level level() { return detectLevel(*ref); }
  llvm::StringRef path() const { return filePath; }
  /// Gives the module away; the context stays.
  mlir::OwningOpRef<mlir::ModuleOp> takeModule() { return std::move(ref); }
  /// The only public function; an error naming the file where there is none or more than one.
  llvm::Expected<mlir::func::FuncOp> network();

private:
  std::string filePath;
  std::unique_ptr<mlir::MLIRContext> owner; // declared before `ref`: outlives it
  mlir::OwningOpRef<mlir::ModuleOp> ref;
};

/// `error` with `path` in front, unless it names that already.
llvm::Error nameFile(llvm::StringRef path, llvm::Error error);

/// A context with every dialect of the tools, single-threaded inside MLIR.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// Lets passes use several threads while it lives.
class ThreadScope {
public:
  /// `threads` 0: as many as the machine has.
  ThreadScope(mlir::MLIRContext *context, unsigned threads);
  ~ThreadScope();

private:
  mlir::MLIRContext *context;
  std::unique_ptr<llvm::ThreadPoolInterface> pool;
};

/// Collects MLIR's diagnostics so that a tool can print one sentence and leave with status 1.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context);
  /// The first error and its notes, as one line; `fallback` where a pass failed in silence.
  llvm::Error takeError(llvm::StringRef path, llvm::StringRef fallback);

private:
  std::shared_ptr<std::string> first = std::make_shared<std::string>();
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace qopt

#endif // QOPT_TOOLS_COMMON_MODELFILE_H

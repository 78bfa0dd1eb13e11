// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelFile.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#ifdef QOPT_HAS_ONEDNN
#include "qopt/ExecutionEngine/OneDNN/OneDNN.h"
#endif
#include "qopt/Import/ONNX/ImportOnnx.h"
#include "qopt/InitAll.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ThreadPool.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

StringRef describe(Level level) {
  switch (level) {
  case Level::Float:
    return "the float level (1)";
  case Level::Simulated:
    return "the simulated level (2)";
  case Level::Quantized:
    return "the quantized level (3)";
  case Level::Kernels:
    return "the kernel level (4)";
  case Level::LLVM:
    return "the LLVM level (5)";
  }
  return "an unknown level";
}

/// A function on tensors, with ops of ours or (a network that hands its input through) none.
static bool isNetwork(func::FuncOp function) {
  return llvm::any_of(function.getArgumentTypes(),
                      [](mlir::Type type) { return isa<TensorType>(type); }) ||
         !function.getOps<ConstantOp>().empty();
}

/// The level of a network: that of its highest op.
static Level detectNetworkLevel(func::FuncOp network) {
  if (llvm::any_of(network.getArguments(), isQuantized))
    return Level::Quantized;
  Level level = Level::Float;
  for (Operation &op : network.getOps()) {
    if (llvm::any_of(op.getResults(), isQuantized))
      return Level::Quantized;
    if (isa<FakeQuantOp>(op))
      level = Level::Simulated;
  }
  return level;
}

Level detectLevel(ModuleOp module) {
  std::optional<Level> level;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && isNetwork(function))
      level = std::max(level.value_or(Level::Float), detectNetworkLevel(function));
  if (level)
    return *level;
  return module.getOps<func::FuncOp>().empty() ? Level::LLVM : Level::Kernels;
}

std::unique_ptr<MLIRContext> makeContext() {
  DialectRegistry registry;
  registerAllDialects(registry);
#ifdef QOPT_HAS_ONEDNN
  registerOneDNNFloatEngine(registry);
#endif
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

Error nameFile(StringRef path, Error error) {
  std::string message = toString(std::move(error));
  return fail(StringRef(message).contains(path) ? message : (path + ": " + message).str());
}

ThreadScope::ThreadScope(MLIRContext *context, unsigned threads) : context(context) {
  if (threads == 1)
    return;
  pool = std::make_unique<DefaultThreadPool>(hardware_concurrency(threads));
  context->setThreadPool(*pool);
}

ThreadScope::~ThreadScope() {
  if (pool)
    context->disableMultithreading();
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context)
    : handler(context, [first = this->first](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure(); // for whoever else listens
        if (!first->empty())
          return success();
        raw_string_ostream os(*first);
        if (auto where = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
          os << "line " << where.getLine() << ": ";
        os << diagnostic;
        for (Diagnostic &note : diagnostic.getNotes())
          if (!isa<UnknownLoc>(note.getLocation()))
            continue;
          else
            os << "; " << note;
        return success();
      }) {}

Error DiagnosticCollector::takeError(StringRef path, StringRef fallback) {
  std::string message = first->empty() ? fallback.str() : *first;
  first->clear();
  return fail(path + ": " + message);
}

static Expected<OwningOpRef<ModuleOp>> openOnnx(MLIRContext *context, StringRef path,
                                                const ImportSettings &settings) {
  OnnxImportOptions options;
  options.batch = settings.batch;
  options.ioLayout = settings.nhwcInterface ? OnnxIoLayout::NHWC : OnnxIoLayout::Model;
  return importOnnx(*context, path, options);
}

static Expected<OwningOpRef<ModuleOp>> openMlir(MLIRContext *context, StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return fail(path + ": cannot be read: " + buffer.getError().message());
  // MLIR 22's bytecode reader crashes on some damaged files; its text parser does not.
  if (isBytecode((*buffer)->getMemBufferRef()))
    return fail(path + ": is MLIR bytecode, which only qopt reads; make it text with 'qopt " +
                path + " -o FILE.mlir'");
  if (!path.ends_with(".mlir") && (*buffer)->getBuffer().contains('\0'))
    return fail(path + ": is neither ONNX (.onnx) nor MLIR (.mlir); give a model");
  DiagnosticCollector diagnostics(context);
  auto sources = std::make_shared<SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*buffer), SMLoc());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, ParserConfig(context));
  if (!module)
    return diagnostics.takeError(path, "is neither ONNX (.onnx) nor MLIR of one of our levels");
  if (module->getBody()->empty())
    return fail(path + ": is empty; give a model");
  return module;
}

Expected<Model> Model::open(StringRef path, const ImportSettings &settings) {
  Model model;
  model.filePath = path.str();
  model.owner = makeContext();
  auto module = path.ends_with(".onnx") ? openOnnx(model.context(), path, settings)
                                        : openMlir(model.context(), path);
  if (!module)
    return module.takeError();
  model.ref = std::move(*module);
  return model;
}

Expected<func::FuncOp> Model::network() {
  func::FuncOp network;
  for (auto function : module().getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    if (network)
      return fail(filePath + ": holds several public functions; keep the one network to compile");
    network = function;
  }
  if (!network)
    return fail(filePath + ": holds no public function, so there is no network to work on");
  return network;
}

} // namespace qopt

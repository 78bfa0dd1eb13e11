// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The interface: bytes to messages to a verified module; exceptions end here.
#include "qopt/Import/ONNX/ImportOnnx.h"

#include "Graph.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace qopt;
using namespace qopt::onnx;

static std::unique_ptr<proto::ModelProto> parse(llvm::StringRef bytes) {
  if (bytes.empty())
    fail("the file is empty; download or export the model again");
  if (bytes.size() > INT_MAX)
    fail("the file is larger than 2 GiB; save its tensors as external data");
  auto model = std::make_unique<proto::ModelProto>();
  // What fails to parse is often half filled, and any file may parse as nothing: look at both.
  if (!model->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !model->has_ir_version() || !model->has_graph())
    fail("this is not an ONNX model, or it is truncated; download or export the model again");
  return model;
}

/// The file's stem with everything but letters, digits and underscores replaced.
static std::string identifierFor(llvm::StringRef path) {
  std::string name = llvm::sys::path::stem(path).str();
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  return name.empty() || llvm::isDigit(name[0]) ? "_" + name : name;
}

/// What we build must verify; if not, the verifier's own sentence is the error.
static void verifyModule(mlir::ModuleOp module) {
  std::string message;
  mlir::ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
    return mlir::success();
  });
  if (mlir::failed(mlir::verify(module)))
    fail("the imported graph is not valid: " + message);
}

static mlir::OwningOpRef<mlir::ModuleOp> importBytes(mlir::MLIRContext &context,
                                                     llvm::StringRef bytes, llvm::StringRef path,
                                                     llvm::StringRef folder,
                                                     const OnnxImportOptions &options) {
  context.loadDialect<QOptDialect, mlir::func::FuncDialect, mlir::quant::QuantDialect>();
  std::unique_ptr<proto::ModelProto> model = parse(bytes);
  Graph graph(context, *model, options, folder);
  auto module =
      graph.import(options.functionName.empty() ? identifierFor(path) : options.functionName);
  verifyModule(*module);
  return module;
}

static llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importGuarded(mlir::MLIRContext &context, llvm::StringRef bytes, llvm::StringRef path,
              llvm::StringRef folder, const OnnxImportOptions &options) {
  auto error = [&](const llvm::Twine &message) {
    return llvm::createStringError(path + ": " + message);
  };
  try {
    return importBytes(context, bytes, path, folder, options);
  } catch (const std::bad_alloc &) {
    return error("the model does not fit into memory; close other programs or make it smaller");
  } catch (const std::exception &exception) {
    return error(exception.what());
  }
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
qopt::importOnnx(mlir::MLIRContext &context, llvm::StringRef path,
                 const OnnxImportOptions &options) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(path + ": cannot be read: " + buffer.getError().message() +
                                   "; check the path");
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  return importGuarded(context, (*buffer)->getBuffer(), path, folder.empty() ? "." : folder,
                       options);
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
qopt::importOnnx(mlir::MLIRContext &context, llvm::MemoryBufferRef model,
                 const OnnxImportOptions &options) {
  return importGuarded(context, model.getBuffer(), model.getBufferIdentifier(), "", options);
}

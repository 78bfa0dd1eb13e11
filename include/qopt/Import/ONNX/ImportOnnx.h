// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ONNX files to the float level. Lives in libQOptImport.so, the only library that links protobuf.
#ifndef QOPT_IMPORT_ONNX_IMPORTONNX_H
#define QOPT_IMPORT_ONNX_IMPORTONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <string>

namespace qopt {

/// How the arguments and results of rank 4 are laid out.
enum class OnnxIoLayout {
  Model, ///< as the file has them: NCHW, with a transposition at the boundary
  NHWC   ///< as the network computes
};

struct OnnxImportOptions {
  /// Size of the inputs' leading dimension. 1 is the size of an open one and leaves a fixed one as
  /// it is; more replaces it in either case.
  int64_t batch = 1;
  /// Name of the function; empty: the stem of the file name, made a C identifier.
  std::string functionName;
  OnnxIoLayout ioLayout = OnnxIoLayout::Model;
  /// Refuses a tensor, or all constants together, beyond these sizes before allocating anything.
  uint64_t maxTensorBytes = uint64_t(2) << 30;
  uint64_t maxConstantBytes = uint64_t(4) << 30;
};

/// Reads the model in `path` (opset 7 to 22) into a module with one public function at the float
/// level: activations NHWC, constants under their initializers' names, layers under their nodes'.
/// An error is one sentence that names file, node and remedy.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext &context, llvm::StringRef path, const OnnxImportOptions &options = {});

/// The same from memory; the buffer's identifier stands for the file name, and tensors stored in
/// files of their own are refused.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importOnnx(mlir::MLIRContext &context,
                                                             llvm::MemoryBufferRef model,
                                                             const OnnxImportOptions &options = {});

} // namespace qopt

#endif // QOPT_IMPORT_ONNX_IMPORTONNX_H

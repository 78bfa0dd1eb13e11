// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The way down from the quantized level.
#ifndef QOPT_PIPELINES_LOWERING_H
#define QOPT_PIPELINES_LOWERING_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace qopt {

struct LowerToKernelsOptions : public mlir::PassPipelineOptions<LowerToKernelsOptions> {
  Option<std::string> target{*this, "target", llvm::cl::desc("target name, or host"),
                             llvm::cl::init("host")};
  Option<unsigned> maxTasks{*this, "max-tasks",
                            llvm::cl::desc("most tasks that a call may ask for"),
                            llvm::cl::init(256)};
  Option<bool> keepAll{*this, "keep-all",
                       llvm::cl::desc("keep every tensor in the workspace after a run"),
                       llvm::cl::init(false)};
  Option<bool> patchable{*this, "patchable", llvm::cl::desc("biases lie in writable objects"),
                         llvm::cl::init(false)};
};

struct KernelsToLLVMOptions : public mlir::PassPipelineOptions<KernelsToLLVMOptions> {
  Option<unsigned> indexBits{*this, "index-bits",
                             llvm::cl::desc("width of index on the target: 64 or 32"),
                             llvm::cl::init(64)};
};

/// `qopt-lower-to-kernels`: quantized level to kernel programs.
void buildLowerToKernelsPipeline(mlir::OpPassManager &manager,
                                 const LowerToKernelsOptions &options);
/// `qopt-lower-to-llvm`: kernel programs to the LLVM dialect.
void buildLowerToLLVMPipeline(mlir::OpPassManager &manager, const KernelsToLLVMOptions &options);

void registerLoweringPipelines();

} // namespace qopt

#endif // QOPT_PIPELINES_LOWERING_H

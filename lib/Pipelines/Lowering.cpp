// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Pipelines/Lowering.h"

#include "qopt/Conversion/Passes.h"

#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void qopt::buildLowerToKernelsPipeline(OpPassManager &manager,
                                       const LowerToKernelsOptions &options) {
  ConvertQOptToKernelsOptions convert;
  convert.target = options.target;
  convert.maxTasks = options.maxTasks;
  convert.keepAll = options.keepAll;
  convert.patchable = options.patchable;
  manager.addPass(createSymbolDCEPass()); // private functions that nothing calls
  manager.addPass(createConvertQOptToKernels(convert));
  // Kernels are written plainly (an address per access); this is where they become short.
  manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
}

void qopt::buildLowerToLLVMPipeline(OpPassManager &manager, const KernelsToLLVMOptions &options) {
  ConvertKernelsToLLVMOptions convert;
  convert.indexBits = options.indexBits;
  manager.addNestedPass<func::FuncOp>(createSCFToControlFlowPass());
  manager.addPass(createConvertKernelsToLLVM(convert));
  // Casts between equal types, of which partial conversion leaves some, go before the check.
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createVerifyLLVMLevel());
}

void qopt::registerLoweringPipelines() {
  PassPipelineRegistration<LowerToKernelsOptions>(
      "qopt-lower-to-kernels",
      "quantized level to kernel programs for a target: plan "
      "buffers, pack constants, emit kernels",
      buildLowerToKernelsPipeline);
  PassPipelineRegistration<KernelsToLLVMOptions>(
      "qopt-lower-to-llvm", "kernel programs to the LLVM dialect, and nothing else left",
      buildLowerToLLVMPipeline);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/InitAll.h"

#include "qopt/BiasCorrection/Passes.h"
#include "qopt/Calibration/Passes.h"
#include "qopt/Codegen/KernelModels.h"
#include "qopt/Conversion/Passes.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/Transforms/Passes.h"
#include "qopt/Equalization/Passes.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/Pipelines/Lowering.h"
#include "qopt/Pipelines/Quantization.h"
#include "qopt/Rounding/Passes.h"
#include "qopt/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/Passes.h"

void qopt::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<QOptDialect, mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect,
                  mlir::func::FuncDialect, mlir::LLVM::LLVMDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect, mlir::quant::QuantDialect, mlir::scf::SCFDialect,
                  mlir::vector::VectorDialect>();
  registerEvaluationModels(registry);
  codegen::registerKernelModels(registry);
}

void qopt::registerAllPasses() {
  mlir::registerTransformsPasses();
  qopt::registerTransformsPasses();
  registerBiasCorrectionPasses();
  registerCalibrationPasses();
  registerEqualizationPasses();
  registerRoundingPasses();
  registerConversionPasses();
  registerDialectTransformsPasses();
  registerQuantizationPipelines();
  registerLoweringPipelines();
}

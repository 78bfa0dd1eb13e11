// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// capped-quantize MODEL.mlir DATA.npy LIMIT: prints the quantized network, made by the pipelines of
// qopt with a pass of this program between them.
#include "CapActivations.h"

#include "qopt/InitAll.h"
#include "qopt/Pipelines/Quantization.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace mlir;

static void buildPipeline(PassManager &manager, const char *data, float limit) {
  qopt::PrepareOptions prepare;
  qopt::buildPreparePipeline(manager, prepare);

  manager.addNestedPass<func::FuncOp>(createCapActivationsPass(limit));

  qopt::CalibrateOptions calibrate;
  calibrate.data = data;
  qopt::buildCalibratePipeline(manager, calibrate);

  qopt::QuantizeOptions quantize;
  qopt::buildQuantizePipeline(manager, quantize);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    llvm::errs() << "usage: capped-quantize MODEL.mlir DATA.npy LIMIT\n";
    return 1;
  }
  DialectRegistry registry;
  qopt::registerAllDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  PassManager manager(&context);
  buildPipeline(manager, argv[2], std::strtof(argv[3], nullptr));
  if (failed(manager.run(*module)))
    return 1;
  module->print(llvm::outs());
  return 0;
}

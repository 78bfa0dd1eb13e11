// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass driver: an mlir-opt with the upstream dialects that the levels use and everything ours.
#include "qopt/InitAll.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qopt::registerAllDialects(registry);
  qopt::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "qopt: quantization compiler, pass driver\n", registry));
}

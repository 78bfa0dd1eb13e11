// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass driver: an mlir-opt with the upstream dialects that the levels use and everything ours.
#include "qopt/InitAll.h"

#ifdef QOPT_HAS_ONEDNN
#include "qopt/ExecutionEngine/OneDNN/OneDNN.h"
#endif

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

/// The libraries of LLVM bring hundreds of options for compilers' authors, which would bury ours;
/// --help-hidden still lists them.
static void hideForeignOptions() {
  for (auto &[name, option] : llvm::cl::getRegisteredOptions())
    if (name != "help" && name != "version" && name != "help-hidden")
      option->setHiddenFlag(llvm::cl::Hidden);
}

int main(int argc, char **argv) {
  hideForeignOptions(); // ours are registered below
  mlir::DialectRegistry registry;
  qopt::registerAllDialects(registry);
#ifdef QOPT_HAS_ONEDNN
  qopt::registerOneDNNFloatEngine(registry);
#endif
  qopt::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "qopt: quantization compiler, pass driver\n", registry));
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything of libQOpt.so for a stock mlir-opt:
//   mlir-opt-22 --load-dialect-plugin=qopt-plugin.so --load-pass-plugin=qopt-plugin.so
//               --pass-pipeline='builtin.module(qopt-prepare)' model.mlir
// Both flags are needed, and passes are named in --pass-pipeline: the driver has read its short
// flags before it loads us.
#include "qopt/InitAll.h"
#include "qopt/Version.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

extern "C" LLVM_ATTRIBUTE_WEAK mlir::DialectPluginLibraryInfo mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "qopt", QOPT_VERSION_STRING,
          [](mlir::DialectRegistry *registry) { qopt::registerAllDialects(*registry); }};
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "qopt", QOPT_VERSION_STRING, [] { qopt::registerAllPasses(); }};
}

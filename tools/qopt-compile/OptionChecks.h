// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which options suit which model: what would silently do nothing is an error.
#ifndef QOPT_TOOLS_COMPILE_OPTIONCHECKS_H
#define QOPT_TOOLS_COMPILE_OPTIONCHECKS_H

#include "ModelFile.h"
#include "Options.h"

#include "qopt/Target/Target.h"

namespace qopt {

/// An error naming the model, the option and the remedy where `options` ask for something that
/// `model` is past already.
llvm::Error checkOptions(const DriverOptions &options, Model &model);

/// Fills in contract and interface as `targets` would have them where the user does not say; an
/// error where they differ.
llvm::Error chooseDefaults(DriverOptions &options, llvm::ArrayRef<const Target *> targets);

/// A sentence for each target that computes the contract of `network` on its scalar row alone.
std::vector<std::string> findSlowContracts(mlir::func::FuncOp network,
                                           llvm::ArrayRef<const Target *> targets);

/// Does a quantized network take or give 8 bit values?
bool hasQuantizedInterface(mlir::func::FuncOp network);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_OPTIONCHECKS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The machines that code is made for. A target's name is its row set's name.
#ifndef QOPT_TARGET_TARGET_H
#define QOPT_TARGET_TARGET_H

#include "qopt/Codegen/RowSet.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace qopt {

struct Target {
  llvm::StringRef name;                    ///< "x86-avx512vnni", "generic", …
  std::string triple;                      ///< LLVM triple
  std::string cpu;                         ///< LLVM -mcpu, generic where features decide
  llvm::SmallVector<std::string> features; ///< LLVM feature names that a CPU must have
  unsigned indexBits = 64;
  bool hostCanLink = true; ///< a `.so` for this machine can be made
  /// What qopt-compile chooses where the user does not: numeric contract and interface.
  llvm::StringRef numerics = "fp32", io = "float";
  /// Contracts that no vector row of this machine computes, so that they run on the scalar one.
  llvm::SmallVector<llvm::StringRef> scalarContracts;
  const codegen::RowSet *rows = nullptr;
  /// LLVM IR that joins every object: functions that the code generator calls where the machine has
  /// no instruction, and that no library is there to bring.
  llvm::StringRef runtime;
  /// Most bytes of stack that a function may take, more being an error; 0: as many as it likes.
  unsigned stackBytes = 0;
};

/// All targets, best first; `host` resolves to the best that this CPU runs.
llvm::ArrayRef<Target> getTargets();
/// Those that this CPU runs, best first.
std::vector<const Target *> getHostTargets();
/// By name, or "host"; an error that lists the names otherwise.
llvm::Expected<const Target *> lookupTarget(llvm::StringRef name);
/// Names with commas between them, or "host".
llvm::Expected<std::vector<const Target *>> lookupTargets(llvm::StringRef names);
/// Success if this CPU runs code for `target`, else an error that says what it lacks.
llvm::Error checkHost(const Target &target);
/// An error naming the first feature that this CPU lacks; success if it can run `features`.
llvm::Error checkHostFeatures(llvm::ArrayRef<std::string> features);
/// The features as LLVM takes them: "+a,+b".
std::string getFeatureString(const Target &target);

} // namespace qopt

#endif // QOPT_TARGET_TARGET_H

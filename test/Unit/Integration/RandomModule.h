// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules of random networks with inputs and the interpreter's answers, for comparing engines.
#ifndef QOPT_TEST_UNIT_INTEGRATION_RANDOMMODULE_H
#define QOPT_TEST_UNIT_INTEGRATION_RANDOMMODULE_H

#include "NetworkGenerator.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>
#include <vector>

namespace qopt::test {

constexpr unsigned kNetworksPerModule = 50;
constexpr unsigned kMaxTasks = 4;

/// One for each argument or result.
using Buffers = std::vector<std::vector<char>>;

/// Which modules a run tries.
struct ModuleNumbers {
  unsigned first, end;
};
/// `networks` of them, or as many as the environment's `variable` says, from QOPT_RANDOM_FIRST on.
ModuleNumbers getModuleNumbers(const char *variable, unsigned networks);

/// Random inputs of a network.
Buffers makeInputs(mlir::func::FuncOp function, Random &random);
/// The interpreter's results.
Buffers interpret(mlir::func::FuncOp function, const Buffers &inputs);
/// The network without the elements of its constants.
std::string print(mlir::func::FuncOp function);

/// Fifty networks, net0 to net49, whose contracts and shapes come from `number`.
class RandomModule {
public:
  explicit RandomModule(unsigned number);

  bool verify();
  /// A copy of those networks that `keep` accepts by their index.
  mlir::OwningOpRef<mlir::ModuleOp> select(llvm::function_ref<bool(unsigned)> keep);
  unsigned getNumber() const { return number; }
  std::string describe() const { return "module " + std::to_string(number); }

private:
  unsigned number;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_INTEGRATION_RANDOMMODULE_H

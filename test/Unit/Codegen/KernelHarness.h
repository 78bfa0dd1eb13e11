// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program builder for tests of single kernels: compiles them in process and runs their steps on
// buffers of the test's own.
#ifndef QOPT_TEST_UNIT_CODEGEN_KERNELHARNESS_H
#define QOPT_TEST_UNIT_CODEGEN_KERNELHARNESS_H

#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Codegen/RowSet.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <deque>
#include <map>
#include <vector>

namespace qopt::test {

/// Bytes aligned to 64.
struct AlignedBytes {
  explicit AlignedBytes(llvm::ArrayRef<char> bytes);
  char *data();

private:
  std::vector<char> storage;
};

class KernelHarness : public codegen::ProgramBuilder {
public:
  KernelHarness(mlir::MLIRContext &context, const codegen::RowSet &rows);

  const codegen::RowSet &getRows() const override { return rows; }
  Contract getContract() const override { return Contract::Fp32; }
  const codegen::BufferLayout &getLayout(mlir::Value tensor) const override;
  mlir::func::FuncOp getOrCreateKernel(llvm::StringRef name, llvm::StringRef signature,
                                       unsigned numPointers, codegen::KernelBody body) override;
  codegen::StepArg constant(llvm::StringRef name, llvm::ArrayRef<char> bytes) override;
  codegen::StepArg taskScratch(int64_t bytes) override;
  void addStep(mlir::Operation *layer, mlir::func::FuncOp kernel,
               llvm::ArrayRef<codegen::StepArg> args, int64_t units,
               int64_t minUnitsPerTask) override;

  /// Stands for the tensor number `index` of a step.
  mlir::Value tensorNumber(unsigned index);
  /// Lowers, optimizes and loads all kernels. Prints assembly to stderr if asked.
  llvm::Error compile(bool printIR = false);
  /// Runs all steps; `tensors` are pointers to first interior elements by number. Work is cut into
  /// `parts` calls.
  void run(llvm::ArrayRef<char *> tensors, int64_t parts = 1);

  /// The machine that compile() makes code for; empty: this one.
  std::string cpu, features;
  const codegen::RowSet &rows;
  mlir::OwningOpRef<mlir::ModuleOp> module;

private:
  struct Step {
    std::string kernel;
    std::vector<std::pair<unsigned, std::string>> args; ///< tensor number, else constant
    int64_t units;
  };
  void call(const Step &step, llvm::ArrayRef<char *> tensors, int64_t begin, int64_t end);

  mlir::func::FuncOp placeholders;
  std::map<std::string, AlignedBytes> constants;
  std::vector<Step> steps;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_CODEGEN_KERNELHARNESS_H

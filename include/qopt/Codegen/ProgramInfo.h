// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the generator decided for a network, for reports and debuggers.
#ifndef QOPT_CODEGEN_PROGRAMINFO_H
#define QOPT_CODEGEN_PROGRAMINFO_H

#include "qopt/Codegen/BufferLayout.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace qopt::codegen {

/// One call of a kernel.
struct StepInfo {
  std::string layer;   ///< name in the imported model, or the op's name
  int64_t op = -1;     ///< position of the op in the network's block; copies: of their user
  bool isCopy = false; ///< moves a tensor to another layout; the op itself is another step
  std::string kernel;  ///< symbol
  std::string rows;    ///< the row set that the kernel is made of; "generic": scalar
  int64_t maxTasks = 1;
  int64_t constantBytes = 0; ///< of packed constants; those shared with another step included
};

/// Where a tensor lies after a run of a program made with `keepAll`.
struct TensorInfo {
  int64_t op = -1;    ///< position of the op in the network's block
  int64_t result = 0; ///< which of its results
  std::string layer;
  int64_t offset = 0; ///< of the first interior element in the workspace
  BufferLayout layout;
};

/// Where the biases of a layer lie in a program made with `patchable`: in the writable object
/// `symbol`, the i32 word at `offset + 4 i` starts the accumulators of channel `channels[i]` (a
/// channel may occur several times; vectors are filled up).
struct BiasInfo {
  int64_t op = -1; ///< position of the op in the network's block
  std::string symbol;
  int64_t offset = 0;
  std::vector<int64_t> channels;
};

struct ProgramInfo {
  std::string network;
  int64_t arenaBytes = 0, arenaLowerBound = 0;
  int64_t taskBytes = 0;                    ///< scratch of each task
  int64_t alignment = 64;                   ///< of the workspace
  int64_t constantBytes = 0;                ///< each constant counted once
  std::vector<std::string> inputs, outputs; ///< name, type and bytes, for people
  std::vector<StepInfo> steps;
  std::vector<TensorInfo> tensors; ///< empty without keepAll
  std::vector<BiasInfo> biases;    ///< empty without patchable

  /// The step that computes `layer`, an op of the level-3 function that the program was made of
  /// (the last one where there are several); null where there is none (aliases, constants).
  const StepInfo *findStep(mlir::Operation *layer) const;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  static ProgramInfo fromAttribute(mlir::DictionaryAttr attribute);
};

/// The attribute of a level-4 module that holds an array of these.
constexpr llvm::StringLiteral kProgramsAttr = "qopt.programs";

/// The programs of a level-4 module (also after it was lowered to the LLVM dialect).
std::vector<ProgramInfo> getProgramInfos(mlir::ModuleOp module);

} // namespace qopt::codegen

#endif // QOPT_CODEGEN_PROGRAMINFO_H

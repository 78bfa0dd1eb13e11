// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A float network as a list of steps over buffers: what the lowering makes, and what runs.
#ifndef QOPT_LIB_EXECUTIONENGINE_ONEDNN_PROGRAM_H
#define QOPT_LIB_EXECUTIONENGINE_ONEDNN_PROGRAM_H

#include "qopt/ExecutionEngine/FloatEngine.h"

#include "dnnl.hpp"
#include <functional>
#include <mutex>
#include <vector>

namespace qopt::onednn {

using BufferId = unsigned;

/// Memory that steps read and write.
struct Buffer {
  enum class Kind { Activation, Input, Constant };
  Kind kind = Kind::Activation;
  size_t bytes = 0;
  unsigned index = 0;    ///< the arena slot of an activation, the argument of an input
  dnnl::memory constant; ///< contents of a constant
};

/// A buffer seen through a memory descriptor, in the role (DNNL_ARG_…) of a primitive's argument.
struct Argument {
  int role;
  BufferId buffer;
  dnnl::memory::desc desc;
};

class Frame;

/// One primitive, or one op evaluated by plain loops, or one tap.
struct Step {
  dnnl::primitive primitive;       ///< empty for a plain step
  std::vector<Argument> arguments; ///< of the primitive
  dnnl::memory::desc scratchpad;
  std::function<llvm::Error(Frame &)> plain;
  std::vector<BufferId> touched; ///< all buffers that the step reads or writes

  mlir::Operation *tapped = nullptr; ///< a tap shows touched[0] instead of computing
};

/// Steps, buffers, and the arena that the buffers live in.
struct Program {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<BufferId> results;      ///< of the function, plain layout
  std::vector<size_t> resultElements; ///< as many
  std::vector<size_t> inputElements;
  std::vector<size_t> slots; ///< bytes of each arena slot

  /// Gives every activation a slot; buffers that are never alive together share one.
  void assignSlots();
};

/// The memory of one run: arena, scratchpad, and every step's arguments bound to it.
class Frame {
public:
  explicit Frame(const Program &program);

  void bindInputs(llvm::ArrayRef<llvm::ArrayRef<float>> inputs);
  llvm::Error run(FloatEngine::Tap tap);
  float *pointer(BufferId buffer) const;

private:
  dnnl::memory bind(const Argument &argument);

  const Program &program;
  dnnl::stream stream;
  std::vector<char> storage;
  std::vector<char *> slotPointers;
  char *scratchpad = nullptr;
  std::vector<const float *> inputPointers;
  std::vector<std::unordered_map<int, dnnl::memory>> stepArguments;
  std::vector<std::pair<unsigned, dnnl::memory>> inputMemories;
};

} // namespace qopt::onednn

#endif // QOPT_LIB_EXECUTIONENGINE_ONEDNN_PROGRAM_H

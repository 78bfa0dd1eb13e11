// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What qopt-run asks of any engine: one call on one batch, or many calls in a row.
#ifndef QOPT_TOOLS_RUN_ENGINE_H
#define QOPT_TOOLS_RUN_ENGINE_H

#include "Options.h"

#include "qopt/Support/ArrayFile.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <memory>

namespace qopt {

/// An input or output of a network; shape[0] is the network's batch.
struct Port {
  std::string name;
  ArrayType type = ArrayType::F32;
  llvm::SmallVector<int64_t> shape;
  bool holdsPixels = false; ///< floats that may as well come as bytes

  int64_t bytes() const { return ArrayView{name, type, shape, nullptr}.numBytes(); }
};

/// The value of one op's result, as --dump-tensors and --compare see it.
struct TapView {
  std::string layer; ///< the layer's name, made unique by the op's position
  ArrayView array;
};
/// The least time that one step of a network took.
struct LayerTime {
  std::string layer, kernel;
  double minMs = 0;
  int64_t macs = 0, bytes = 0; ///< of the layer's formula; 0: not known
};

using TapCallback = llvm::function_ref<llvm::Error(const TapView &)>;
/// (done, total): for a progress display.
using Progress = llvm::function_ref<void(int64_t, int64_t)>;

class Engine {
public:
  virtual ~Engine() = default;

  llvm::ArrayRef<Port> inputs() const { return inputPorts; }
  llvm::ArrayRef<Port> outputs() const { return outputPorts; }

  /// One call on one batch.
  virtual llvm::Error run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs) = 0;
  /// `calls` calls on consecutive batches; engines that run images in parallel override it.
  virtual llvm::Error runMany(int64_t calls, llvm::ArrayRef<const void *> inputs,
                              llvm::ArrayRef<void *> outputs, Progress progress);
  /// One call with every op's result handed to `tap`, in program order.
  virtual llvm::Error runWithTaps(llvm::ArrayRef<const void *> inputs, TapCallback tap);
  /// Time per layer over repeated calls on one batch for `seconds`; an error where the engine
  /// cannot tell.
  virtual llvm::Expected<std::vector<LayerTime>> profile(llvm::ArrayRef<const void *> inputs,
                                                         double seconds);

  /// Packets that a run of the last samples took, where a machine counts them and that was asked
  /// for.
  virtual std::optional<double> packetsPerRun() const { return std::nullopt; }

protected:
  std::vector<Port> inputPorts, outputPorts;
};

/// Pointers to the `call`-th batch of every port.
llvm::SmallVector<const void *> batchOf(llvm::ArrayRef<Port> ports,
                                        llvm::ArrayRef<const void *> bases, int64_t call);
llvm::SmallVector<void *> batchOf(llvm::ArrayRef<Port> ports, llvm::ArrayRef<void *> bases,
                                  int64_t call);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_ENGINE_H

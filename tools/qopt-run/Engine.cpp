// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Engine.h"

using namespace llvm;

namespace qopt {

SmallVector<const void *> batchOf(ArrayRef<Port> ports, ArrayRef<const void *> bases,
                                  int64_t call) {
  SmallVector<const void *> pointers;
  for (auto [port, base] : zip(ports, bases))
    pointers.push_back(static_cast<const char *>(base) + call * port.bytes());
  return pointers;
}

SmallVector<void *> batchOf(ArrayRef<Port> ports, ArrayRef<void *> bases, int64_t call) {
  SmallVector<void *> pointers;
  for (auto [port, base] : zip(ports, bases))
    pointers.push_back(static_cast<char *>(base) + call * port.bytes());
  return pointers;
}

Error Engine::runMany(int64_t calls, ArrayRef<const void *> inputs, ArrayRef<void *> outputs,
                      Progress progress) {
  for (int64_t call = 0; call < calls; ++call) {
    if (Error error = run(batchOf(inputPorts, inputs, call), batchOf(outputPorts, outputs, call)))
      return error;
    progress(call + 1, calls);
  }
  return Error::success();
}

Error Engine::runWithTaps(ArrayRef<const void *>, TapCallback) {
  return createStringError(inconvertibleErrorCode(),
                           "a compiled library keeps no intermediate tensors; give "
                           "--dump-tensors the model or its NAME.quantized.mlir");
}

Expected<std::vector<LayerTime>> Engine::profile(ArrayRef<const void *>, double) {
  return createStringError(inconvertibleErrorCode(),
                           "--profile needs --engine=jit and the quantized model, "
                           "NAME.quantized.mlir");
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "HarnessObjects.h"

/// The bytes of a file as `name` to `name`_end.
#define QOPT_INCLUDE_OBJECT(name, file)                                                            \
  __asm__(".pushsection .rodata\n.balign 16\n" #name ":\n.incbin \"" QOPT_HARNESS_DIR "/" file     \
          "\"\n" #name "_end:\n.byte 0\n.popsection\n");                                           \
  extern "C" __attribute__((visibility("hidden"))) const char name[], name##_end[]

QOPT_INCLUDE_OBJECT(qopt_harness_aarch64, "aarch64.o");
QOPT_INCLUDE_OBJECT(qopt_harness_hexagon, "hexagon.o");

llvm::StringRef qopt::getHarnessObject(const llvm::Triple &triple) {
  switch (triple.getArch()) {
  case llvm::Triple::aarch64:
    return {qopt_harness_aarch64, size_t(qopt_harness_aarch64_end - qopt_harness_aarch64)};
  case llvm::Triple::hexagon:
    return {qopt_harness_hexagon, size_t(qopt_harness_hexagon_end - qopt_harness_hexagon)};
  default:
    return {};
  }
}

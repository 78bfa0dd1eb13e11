// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLVM's names of what 64-bit Arm CPUs may have, and where Linux tells a program whether they do.
#ifndef QOPT_LIB_TARGET_ARM_FEATURES_H
#define QOPT_LIB_TARGET_ARM_FEATURES_H

#include "llvm/ADT/StringMap.h"

namespace qopt::arm {

struct Feature {
  llvm::StringRef name;
  bool inMore; ///< a bit of AT_HWCAP2, else of AT_HWCAP
  unsigned bit;
};

/// Null where the targets ask for no such feature.
const Feature *findFeature(llvm::StringRef name);

/// Sets what the targets may ask for as this machine has it, where it is an Arm one: LLVM's own
/// list of a host's features leaves most of Arm's out.
void addHostFeatures(llvm::StringMap<bool> &features);

} // namespace qopt::arm

#endif // QOPT_LIB_TARGET_ARM_FEATURES_H

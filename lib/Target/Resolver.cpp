// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Resolver.h"

using namespace qopt;

AddResolvedFunction *qopt::getResolver(const llvm::Triple &triple) {
  switch (triple.getArch()) {
  case llvm::Triple::x86_64:
    return &x86::addResolvedFunction;
  case llvm::Triple::aarch64:
    return &arm::addResolvedFunction;
  default:
    return nullptr;
  }
}

llvm::Error qopt::unknownFeature(llvm::StringRef feature) {
  return llvm::createStringError("the feature '%s' cannot be asked for when a library is loaded",
                                 feature.str().c_str());
}

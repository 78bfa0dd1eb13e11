// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Features.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

using namespace qopt;

static const arm::Feature kFeatures[] = {{"dotprod", false, 20}, {"i8mm", true, 13}};

const arm::Feature *arm::findFeature(llvm::StringRef name) {
  for (const Feature &feature : kFeatures)
    if (feature.name == name)
      return &feature;
  return nullptr;
}

void arm::addHostFeatures([[maybe_unused]] llvm::StringMap<bool> &features) {
#if defined(__aarch64__) && defined(__linux__)
  uint64_t caps = getauxval(AT_HWCAP), more = getauxval(AT_HWCAP2);
  for (const Feature &feature : kFeatures)
    features[feature.name] = ((feature.inMore ? more : caps) >> feature.bit & 1) != 0;
#endif
}

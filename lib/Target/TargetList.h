// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each architecture's folder adds the targets that it has rows for, best first.
#ifndef QOPT_LIB_TARGET_TARGETLIST_H
#define QOPT_LIB_TARGET_TARGETLIST_H

#include "qopt/Target/Target.h"

#include <vector>

namespace qopt {

void addX86Targets(std::vector<Target> &targets);
void addArmTargets(std::vector<Target> &targets);
void addHexagonTargets(std::vector<Target> &targets);

} // namespace qopt

#endif // QOPT_LIB_TARGET_TARGETLIST_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Architectures whose rows are not written yet.
#include "TargetList.h"

void qopt::addHexagonTargets(std::vector<Target> &) {}

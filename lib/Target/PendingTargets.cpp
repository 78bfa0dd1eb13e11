// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Architectures whose rows are not written yet.
#include "TargetList.h"

void qopt::addX86Targets(std::vector<Target> &) {}
void qopt::addArmTargets(std::vector<Target> &) {}
void qopt::addHexagonTargets(std::vector<Target> &) {}

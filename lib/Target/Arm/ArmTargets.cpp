// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The 64-bit Arm machines that code is made for.
#include "../TargetList.h"
#include "qopt/Target/Arm/Rows.h"

using namespace qopt;

static Target makeTarget(llvm::ArrayRef<llvm::StringRef> features, const codegen::RowSet &rows) {
  Target target;
  target.name = rows.getName();
  target.triple = "aarch64-unknown-linux-gnu";
  target.cpu = "generic";
  for (llvm::StringRef feature : features)
    target.features.push_back(feature.str());
  target.rows = &rows;
  return target;
}

void qopt::addArmTargets(std::vector<Target> &targets) {
  targets.push_back(makeTarget({"dotprod", "i8mm"}, arm::getI8mmRowSet()));
  targets.push_back(makeTarget({"dotprod"}, arm::getDotprodRowSet()));
  targets.push_back(makeTarget({}, arm::getNeonRowSet()));
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Hexagon machines that code is made for.
#include "../TargetList.h"
#include "qopt/Target/Hexagon/Rows.h"

using namespace qopt;

/// Of Runtime.ll.
static constexpr llvm::StringLiteral kRuntime(
#include "HexagonRuntime.inc"
);

void qopt::addHexagonTargets(std::vector<Target> &targets) {
  Target target;
  target.name = hexagon::getHvxRowSet().getName();
  target.triple = "hexagon-unknown-linux-musl";
  target.cpu = "hexagonv66";
  target.features = {"hvxv66", "hvx-length128b"};
  target.indexBits = 32;
  target.hostCanLink = false;
  target.numerics = "fixed", target.io = "quantized";
  target.scalarContracts = {"fp32"};
  target.rows = &hexagon::getHvxRowSet();
  target.runtime = kRuntime;
  target.stackBytes = 32768;
  targets.push_back(std::move(target));
}

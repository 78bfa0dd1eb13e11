// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The x86 machines that code is made for.
#include "../TargetList.h"
#include "qopt/Target/X86/Rows.h"

void qopt::addX86Targets(std::vector<Target> &targets) {
  Target vnni;
  vnni.name = "x86-avx512vnni";
  vnni.triple = "x86_64-unknown-linux-gnu";
  vnni.cpu = "x86-64-v4"; // AVX512 F, BW, CD, DQ, VL
  vnni.features = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512vnni"};
  vnni.rows = &x86::getAvx512VnniRowSet();
  targets.push_back(std::move(vnni));
}

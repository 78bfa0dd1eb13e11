// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The x86 machines that code is made for.
#include "../TargetList.h"
#include "qopt/Target/X86/Rows.h"

using namespace qopt;

static Target makeTarget(llvm::StringRef cpu, llvm::ArrayRef<llvm::StringRef> features,
                         const codegen::RowSet &rows) {
  Target target;
  target.name = rows.getName();
  target.triple = "x86_64-unknown-linux-gnu";
  target.cpu = cpu.str();
  for (llvm::StringRef feature : features)
    target.features.push_back(feature.str());
  target.rows = &rows;
  return target;
}

void qopt::addX86Targets(std::vector<Target> &targets) {
  // x86-64-v4: AVX512 F, BW, CD, DQ, VL. The smaller machines are promised nothing but their own
  // vectors.
  targets.push_back(makeTarget(
      "x86-64-v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512vnni"},
      x86::getAvx512VnniRowSet()));
  targets.push_back(makeTarget("x86-64", {"avx2", "avxvnni"}, x86::getAvxVnniRowSet()));
  targets.push_back(makeTarget("x86-64", {"avx2"}, x86::getAvx2RowSet()));
}

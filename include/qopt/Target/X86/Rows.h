// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The row sets of x86 machines.
#ifndef QOPT_TARGET_X86_ROWS_H
#define QOPT_TARGET_X86_ROWS_H

namespace qopt::codegen {
class RowSet;
} // namespace qopt::codegen

namespace qopt::x86 {

/// 512-bit vpdpbusd: unsigned activations at rest, signed weights.
const codegen::RowSet &getAvx512VnniRowSet();
/// 256-bit vpdpbusd on sixteen registers; the same operands.
const codegen::RowSet &getAvxVnniRowSet();
/// vpmaddubsw of absolute values, or vpmaddwd where a weight is -128: signed activations at rest.
const codegen::RowSet &getAvx2RowSet();

} // namespace qopt::x86

#endif // QOPT_TARGET_X86_ROWS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The row sets of 64-bit Arm machines.
#ifndef QOPT_TARGET_ARM_ROWS_H
#define QOPT_TARGET_ARM_ROWS_H

namespace qopt::codegen {
class RowSet;
} // namespace qopt::codegen

namespace qopt::arm {

/// What every 64-bit Arm CPU has: products of bytes as pairs of 16-bit words.
const codegen::RowSet &getNeonRowSet();
/// sdot by lane: signed bytes on both sides.
const codegen::RowSet &getDotprodRowSet();
/// smmla: two pixels by two channels, accumulators kept as 2x2 blocks.
const codegen::RowSet &getI8mmRowSet();

} // namespace qopt::arm

#endif // QOPT_TARGET_ARM_ROWS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The row sets of 64-bit Arm machines. Convolutions and fully connected layers only, so far: no
// target names them yet.
#ifndef QOPT_TARGET_ARM_ROWS_H
#define QOPT_TARGET_ARM_ROWS_H

namespace qopt::codegen {
class RowSet;
} // namespace qopt::codegen

namespace qopt::arm {

/// sdot by lane: signed bytes on both sides.
const codegen::RowSet &getDotprodRowSet();
/// smmla: two pixels by two channels, accumulators kept as 2x2 blocks.
const codegen::RowSet &getI8mmRowSet();

} // namespace qopt::arm

#endif // QOPT_TARGET_ARM_ROWS_H

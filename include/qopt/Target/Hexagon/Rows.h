// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The row set of Hexagon's vector unit.
#ifndef QOPT_TARGET_HEXAGON_ROWS_H
#define QOPT_TARGET_HEXAGON_ROWS_H

namespace qopt::codegen {
class RowSet;
} // namespace qopt::codegen

namespace qopt::hexagon {

/// 128-byte vrmpyub: unsigned bytes on both sides, weights at rest plus 128.
const codegen::RowSet &getHvxRowSet();

} // namespace qopt::hexagon

#endif // QOPT_TARGET_HEXAGON_ROWS_H

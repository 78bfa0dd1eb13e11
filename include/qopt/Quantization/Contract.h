// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The numeric contracts: which exact integer or single-precision formula an
// operation of the quantized graph stands for (docs/NumericContract.md).

#ifndef QOPT_QUANTIZATION_CONTRACT_H
#define QOPT_QUANTIZATION_CONTRACT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace qopt::numerics {

/// How an exact integer accumulator becomes a code of the output grid.
enum class Contract : uint8_t {
  Fp32,        ///< rne of one single-precision product
  Fixed,       ///< 31-bit multiplier, one rounding shift (ties up)
  FixedDouble, ///< doubling high multiply, then a second rounding shift
  PowerOfTwo,  ///< one rounding shift; falls back to Fixed elsewhere
};

/// The name used in IR, options and reports: fp32, fixed, fixed-double,
/// power-of-two.
llvm::StringRef contractName(Contract contract);

/// Inverse of contractName; empty for anything else.
std::optional<Contract> contractFromName(llvm::StringRef name);

/// Every contract, in the order of the C ABI's codes (1, 2, 3, 4).
llvm::ArrayRef<Contract> allContracts();

} // namespace qopt::numerics

#endif // QOPT_QUANTIZATION_CONTRACT_H

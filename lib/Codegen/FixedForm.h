// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_LIB_CODEGEN_FIXEDFORM_H
#define QOPT_LIB_CODEGEN_FIXEDFORM_H

#include "qopt/Quantization/Requantize.h"

namespace qopt::codegen {

/// 2^-n as a fixed multiplier: (acc·2^30 + 2^(n+29)) >> (n+30) = (acc + 2^(n-1)) >> n.
numerics::FixedMultiplier asFixed(const numerics::Multiplier &multiplier);

} // namespace qopt::codegen

#endif // QOPT_LIB_CODEGEN_FIXEDFORM_H

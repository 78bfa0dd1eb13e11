// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"

using namespace qopt;

numerics::Contract qopt::toNumerics(Contract contract) {
  switch (contract) {
  case Contract::Fixed:
    return numerics::Contract::Fixed;
  case Contract::FixedDouble:
    return numerics::Contract::FixedDouble;
  case Contract::PowerOfTwo:
    return numerics::Contract::PowerOfTwo;
  case Contract::Fp32:
    break;
  }
  return numerics::Contract::Fp32;
}

numerics::Grid qopt::getGrid(const QuantParams &params, size_t channel) {
  return {params.scale(channel), params.zeroPoint(channel), {params.storageMin, params.storageMax}};
}

numerics::Grid qopt::getGrid(mlir::Type type) { return getGrid(*getQuantParams(type)); }

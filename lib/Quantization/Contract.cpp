// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of the numeric contracts.

#include "qopt/Quantization/Contract.h"

#include "llvm/Support/ErrorHandling.h"

namespace qopt::numerics {

static constexpr Contract kContracts[] = {Contract::Fp32, Contract::Fixed, Contract::FixedDouble,
                                          Contract::PowerOfTwo};

llvm::StringRef contractName(Contract contract) {
  switch (contract) {
  case Contract::Fp32:
    return "fp32";
  case Contract::Fixed:
    return "fixed";
  case Contract::FixedDouble:
    return "fixed-double";
  case Contract::PowerOfTwo:
    return "power-of-two";
  }
  llvm_unreachable("every contract has a name");
}

std::optional<Contract> contractFromName(llvm::StringRef name) {
  for (Contract contract : kContracts)
    if (contractName(contract) == name)
      return contract;
  return std::nullopt;
}

llvm::ArrayRef<Contract> allContracts() { return kContracts; }

} // namespace qopt::numerics

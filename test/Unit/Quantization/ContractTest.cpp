// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "qopt/Quantization/Contract.h"

#include "gtest/gtest.h"

using namespace qopt::numerics;

TEST(Contract, NamesRoundTrip) {
  for (Contract contract : allContracts())
    EXPECT_EQ(contractFromName(contractName(contract)), contract);
  EXPECT_EQ(contractName(Contract::FixedDouble), "fixed-double");
  EXPECT_EQ(contractName(Contract::PowerOfTwo), "power-of-two");
}

TEST(Contract, UnknownNamesAreRefused) {
  EXPECT_EQ(contractFromName(""), std::nullopt);
  EXPECT_EQ(contractFromName("FP32"), std::nullopt);
  EXPECT_EQ(contractFromName("fixed_double"), std::nullopt);
}

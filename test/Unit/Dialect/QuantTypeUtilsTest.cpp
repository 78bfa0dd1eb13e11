// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qopt;

namespace {

struct QuantTypeUtilsTest : public testing::Test {
  QuantTypeUtilsTest() { context.loadDialect<quant::QuantDialect>(); }
  MLIRContext context;
};

TEST_F(QuantTypeUtilsTest, PerTensorRoundTrip) {
  auto type = getPerTensorType(&context, 0.1f, -3);
  auto params = getQuantParams(type);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->axis, -1);
  EXPECT_EQ(params->scale(7), 0.1f); // a per-tensor scale answers for every channel
  EXPECT_EQ(params->zeroPoint(7), -3);
  EXPECT_EQ(getQuantType(&context, *params), type);
}

TEST_F(QuantTypeUtilsTest, PerAxisRoundTrip) {
  auto type = getPerAxisType(&context, {0.5f, 0.25f}, 0);
  auto params = getQuantParams(RankedTensorType::get({2, 3}, type));
  ASSERT_TRUE(params);
  EXPECT_EQ(params->axis, 0);
  EXPECT_EQ(params->storageMin, -127);
  EXPECT_EQ(params->scale(1), 0.25f);
  EXPECT_EQ(getQuantType(&context, *params), type);
}

TEST_F(QuantTypeUtilsTest, FloatHasNone) {
  EXPECT_FALSE(getQuantParams(Float32Type::get(&context)));
  EXPECT_FALSE(getQuantParams(Type()));
}

} // namespace

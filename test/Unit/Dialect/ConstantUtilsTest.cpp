// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qopt;

namespace {

struct ConstantUtilsTest : public testing::Test {
  ConstantUtilsTest() : builder(&context), location(builder.getUnknownLoc()) {
    context.loadDialect<QOptDialect, quant::QuantDialect>();
    module = ModuleOp::create(location);
    builder.setInsertionPointToStart(module->getBody());
  }

  MLIRContext context;
  OpBuilder builder;
  Location location;
  OwningOpRef<ModuleOp> module;
};

TEST_F(ConstantUtilsTest, FloatsRoundTripUnderFreshNames) {
  ConstantOp first = createFloatConstant(builder, location, "w", {2}, {1.0f, -2.5f});
  ConstantOp second = createFloatConstant(builder, location, "w", {2}, {3.0f, 4.0f});
  EXPECT_EQ(first.getResourceName(), "w");
  EXPECT_NE(second.getResourceName(), "w");
  EXPECT_EQ(*getFloats(first), (SmallVector<float>{1.0f, -2.5f}));
  EXPECT_EQ(*getFloats(second), (SmallVector<float>{3.0f, 4.0f}));
  EXPECT_FALSE(getCodes(first));
  EXPECT_FALSE(getInt32s(first));
  EXPECT_TRUE(succeeded(first.verify()));
}

TEST_F(ConstantUtilsTest, SplatsExpand) {
  auto type = RankedTensorType::get({3}, builder.getF32Type());
  ConstantOp op = ConstantOp::create(builder, location, DenseElementsAttr::get(type, 0.5f));
  EXPECT_EQ(*getFloats(op), (SmallVector<float>{0.5f, 0.5f, 0.5f}));
}

// The byte 0x80 is -128 in signed storage and 128 in unsigned.
TEST_F(ConstantUtilsTest, CodesExtendByStorage) {
  Type asSigned = getPerTensorType(&context, 0.5f, 0);
  Type asUnsigned = getPerTensorType(&context, 0.5f, 0, 0, 255, /*isSigned=*/false);
  EXPECT_EQ(*getCodes(createCodeConstant(builder, location, "a", {1}, asSigned, {-128})),
            SmallVector<int32_t>{-128});
  EXPECT_EQ(*getCodes(createCodeConstant(builder, location, "b", {1}, asUnsigned, {-128})),
            SmallVector<int32_t>{128});
}

TEST_F(ConstantUtilsTest, LooksThroughFakeQuant) {
  ConstantOp constant = createFloatConstant(builder, location, "w", {1}, {1.0f});
  auto type = getPerTensorType(&context, 0.5f, 0);
  auto fakeQuant =
      FakeQuantOp::create(builder, location, constant.getType(), constant, TypeAttr::get(type));
  EXPECT_EQ(getConstant(fakeQuant), constant);
}

TEST_F(ConstantUtilsTest, ReleasesWhatNobodyUses) {
  ConstantOp kept = createFloatConstant(builder, location, "kept", {2}, {1.0f, 2.0f});
  createFloatConstant(builder, location, "gone", {4}, {1.0f, 2.0f, 3.0f, 4.0f}).erase();
  EXPECT_EQ(releaseUnusedResources(*module), 16u);
  EXPECT_EQ(releaseUnusedResources(*module), 0u);
  EXPECT_EQ(*getFloats(kept), (SmallVector<float>{1.0f, 2.0f}));
}

} // namespace

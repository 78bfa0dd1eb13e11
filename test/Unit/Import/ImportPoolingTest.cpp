// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestModel.h"

using namespace qopt;
using namespace qopt::test;

namespace {

TEST(ImportPooling, CeilModeAddsPadding) {
  TestModel model({1, 1, 6, 7});
  model.node("MaxPool", {"x"}, {"y"})
      .with("kernel_shape", Dims{3, 3})
      .with("strides", Dims{2, 2})
      .with("ceil_mode", int64_t(1));
  Imported result(model);
  // 6: windows at 0, 2 and (beyond the end) 4; 7: windows at 0, 2, 4 fit.
  EXPECT_EQ(Dims(result.only<MaxPool2DOp>().getPads()), Dims({0, 0, 1, 0}));
  EXPECT_EQ(result.resultShape(), Dims({1, 1, 3, 3}));
}

// An input smaller than the window still gives one window, if it is padded by less than a stride.
TEST(ImportPooling, CeilModeOfASmallInput) {
  TestModel model({1, 1, 2, 3});
  model.node("MaxPool", {"x"}, {"y"})
      .with("kernel_shape", Dims{3, 3})
      .with("strides", Dims{2, 2})
      .with("ceil_mode", int64_t(1));
  Imported result(model);
  EXPECT_EQ(Dims(result.only<MaxPool2DOp>().getPads()), Dims({0, 0, 1, 0}));
}

// The third window would start in the padding, at 4 of 3 + 1: the standard drops it.
TEST(ImportPooling, CeilModeDropsWindowsThatStartInPadding) {
  TestModel model({1, 1, 3, 3});
  model.node("MaxPool", {"x"}, {"y"})
      .with("kernel_shape", Dims{2, 2})
      .with("strides", Dims{2, 2})
      .with("pads", Dims{1, 1, 1, 1})
      .with("ceil_mode", int64_t(1));
  Imported result(model);
  EXPECT_EQ(result.resultShape(), Dims({1, 1, 2, 2}));
}

TEST(ImportPooling, AverageCountsPads) {
  for (int64_t counts : {0, 1}) {
    TestModel model({1, 1, 6, 6});
    model.node("AveragePool", {"x"}, {"y"})
        .with("kernel_shape", Dims{3, 3})
        .with("pads", Dims{1, 1, 1, 1})
        .with("count_include_pad", counts);
    Imported result(model);
    EXPECT_EQ(result.only<AvgPool2DOp>().getCountIncludePad(), counts == 1);
  }
}

// Padding of the model counts, padding of ceil_mode does not: the first becomes a layer.
TEST(ImportPooling, AverageWithBothPaddings) {
  TestModel model({1, 1, 6, 6});
  model.node("AveragePool", {"x"}, {"y"})
      .with("kernel_shape", Dims{3, 3})
      .with("strides", Dims{2, 2})
      .with("pads", Dims{0, 0, 1, 1})
      .with("count_include_pad", int64_t(1))
      .with("ceil_mode", int64_t(1));
  Imported fits(model);
  EXPECT_EQ(fits.ops(), OpNames({"reshape", "avg_pool2d", "reshape"}));

  TestModel wider({1, 1, 7, 7});
  wider.node("AveragePool", {"x"}, {"y"})
      .with("kernel_shape", Dims{3, 3})
      .with("strides", Dims{2, 2})
      .with("pads", Dims{0, 0, 1, 1})
      .with("count_include_pad", int64_t(1))
      .with("ceil_mode", int64_t(1));
  Imported result(wider);
  EXPECT_EQ(result.ops(), OpNames({"reshape", "pad", "avg_pool2d", "reshape"}));
  auto pool = result.only<AvgPool2DOp>();
  EXPECT_FALSE(pool.getCountIncludePad());
  EXPECT_EQ(Dims(pool.getPads()), Dims({0, 0, 1, 1}));
  EXPECT_EQ(result.resultShape(), Dims({1, 1, 4, 4}));
}

TEST(ImportPooling, GlobalMax) {
  TestModel model({1, 2, 3, 5});
  model.node("GlobalMaxPool", {"x"}, {"y"});
  Imported result(model);
  EXPECT_EQ(Dims(result.only<MaxPool2DOp>().getKernel()), Dims({3, 5}));
}

TEST(ImportPooling, ClipWithoutBoundsIsNothing) {
  TestModel model({1, 2}, 10);
  model.node("Clip", {"x"}, {"y"});
  EXPECT_EQ(Imported(model).ops(), OpNames());

  TestModel bounded({1, 2}, 11);
  bounded.floats("max", {}, {6});
  bounded.node("Clip", {"x", "", "max"}, {"y"});
  Imported result(bounded);
  auto clamp = result.only<ClampOp>();
  EXPECT_FALSE(clamp.getClampMinAttr());
  EXPECT_EQ(clamp.getClampMaxAttr()[0], 6);
}

TEST(ImportPooling, ExtremaAreClamps) {
  TestModel model({1, 2});
  model.floats("zero", {}, {0}), model.floats("six", {1}, {6});
  model.node("Max", {"x", "zero"}, {"a"});
  model.node("Min", {"a", "six"}, {"y"});
  Imported result(model);
  ASSERT_EQ(result.ops(), OpNames({"clamp", "clamp"}));
  EXPECT_EQ(result.all<ClampOp>()[0].getClampMinAttr()[0], 0);
  EXPECT_EQ(result.all<ClampOp>()[1].getClampMaxAttr()[0], 6);
}

TEST(ImportPooling, FunctionsWithParameters) {
  TestModel model({1, 2});
  model.node("LeakyRelu", {"x"}, {"a"});
  model.node("HardSigmoid", {"a"}, {"b"}).with("alpha", 0.25f);
  model.node("HardSwish", {"b"}, {"y"});
  Imported result(model);
  std::vector<UnaryOp> ops = result.all<UnaryOp>();
  ASSERT_EQ(ops.size(), 3u);
  EXPECT_EQ(ops[0].getKind(), UnaryKind::LeakyRelu);
  EXPECT_EQ(ops[0].getAlpha().convertToFloat(), 0.01f);
  EXPECT_EQ(ops[1].getAlpha().convertToFloat(), 0.25f);
  EXPECT_EQ(ops[1].getBeta().convertToFloat(), 0.5f);
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestModel.h"

using namespace qopt;
using namespace qopt::test;

namespace {

TEST(ImportConvolution, PermutesWeightsAndKeepsNames) {
  TestModel model({1, 2, 4, 4});
  model.floats("kernel", {1, 2, 1, 2}, {1, 2, 3, 4}); // channel 0: 1 2, channel 1: 3 4
  model.floats("shift", {1});
  model.node("Conv", {"x", "kernel", "shift"}, {"y"}).named("conv/first");
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "reshape"}));
  auto conv = result.only<Conv2DOp>();
  EXPECT_EQ(Imported::shapeOf(conv.getWeights().getType()), Dims({1, 1, 2, 2}));
  EXPECT_EQ(Imported::valuesOf(conv.getWeights()), std::vector<float>({1, 3, 2, 4}));
  EXPECT_EQ(getConstant(conv.getWeights()).getResourceName(), "kernel");
  EXPECT_EQ(getConstant(conv.getBias()).getResourceName(), "shift");
  EXPECT_EQ(getLayerName(conv), "conv/first");
  EXPECT_EQ(result.resultShape(), Dims({1, 1, 4, 3}));
  EXPECT_EQ(result.function().getArgAttrOfType<mlir::StringAttr>(0, kNameAttr), "x");
  EXPECT_EQ(result.function().getResultAttrOfType<mlir::StringAttr>(0, kNameAttr), "y");
}

TEST(ImportConvolution, DepthwiseWithMultiplier) {
  TestModel model({1, 2, 3, 3});
  model.floats("w", {4, 1, 1, 2}); // channel c*M+m: 1 2, 3 4, 5 6, 7 8
  model.node("Conv", {"x", "w"}, {"y"}).with("group", int64_t(2));
  Imported result(model);
  auto conv = result.only<DepthwiseConv2DOp>();
  EXPECT_EQ(Imported::shapeOf(conv.getWeights().getType()), Dims({1, 2, 4}));
  EXPECT_EQ(Imported::valuesOf(conv.getWeights()), std::vector<float>({1, 3, 5, 7, 2, 4, 6, 8}));
  EXPECT_EQ(conv.getChannelMultiplier(), 2);
}

TEST(ImportConvolution, GroupsStridesDilationsPads) {
  TestModel model({2, 4, 9, 9});
  model.floats("w", {6, 2, 3, 3});
  model.node("Conv", {"x", "w"}, {"y"})
      .with("group", int64_t(2))
      .with("strides", Dims{2, 1})
      .with("dilations", Dims{1, 2})
      .with("pads", Dims{1, 0, 2, 3});
  Imported result(model);
  auto conv = result.only<Conv2DOp>();
  EXPECT_EQ(conv.getGroups(), 2);
  EXPECT_EQ(Dims(conv.getPads()), Dims({1, 0, 2, 3}));
  EXPECT_EQ(result.resultShape(), Dims({2, 6, 5, 8}));
}

// 5 with stride 2 and kernel 2 needs one more column: below for UPPER, above for LOWER.
TEST(ImportConvolution, AutoPad) {
  for (const char *mode : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
    TestModel model({1, 1, 5, 4});
    model.floats("w", {1, 1, 2, 2});
    model.node("Conv", {"x", "w"}, {"y"}).with("auto_pad", mode).with("strides", Dims{2, 2});
    Imported result(model);
    Dims expected = {0, 0, 0, 0};
    if (mode != std::string("VALID"))
      expected[mode == std::string("SAME_UPPER") ? 2 : 0] = 1;
    EXPECT_EQ(Dims(result.only<Conv2DOp>().getPads()), expected) << mode;
  }
}

TEST(ImportConvolution, AbsorbsAPadOfZeros) {
  TestModel model({1, 2, 4, 4});
  model.floats("w", {2, 2, 3, 3});
  model.integers("pads", {0, 0, 0, 0, 0, 0, 1, 1});
  model.node("Pad", {"x", "pads"}, {"padded"});
  model.node("Conv", {"padded", "w"}, {"y"}).with("strides", Dims{2, 2});
  Imported result(model);
  // The padding of an input in the model's layout stays; behind a layer it goes away.
  EXPECT_EQ(result.resultShape(), Dims({1, 2, 2, 2}));

  TestModel inner({1, 2, 4, 4});
  inner.floats("w", {2, 2, 3, 3});
  inner.floats("v", {2, 2, 1, 1});
  inner.integers("pads", {0, 0, 0, 0, 0, 0, 1, 1});
  inner.node("Conv", {"x", "v"}, {"c"});
  inner.node("Pad", {"c", "pads"}, {"padded"});
  inner.node("Conv", {"padded", "w"}, {"y"}).with("strides", Dims{2, 2});
  Imported absorbed(inner);
  EXPECT_EQ(absorbed.ops(), OpNames({"transpose", "conv2d", "conv2d", "transpose"}));
  EXPECT_EQ(Dims(absorbed.all<Conv2DOp>()[1].getPads()), Dims({0, 0, 1, 1}));
}

TEST(ImportConvolution, AddOfAConstantPerChannelIsTheBias) {
  TestModel model({1, 2, 4, 4});
  model.floats("w", {3, 2, 1, 1});
  model.floats("b", {3}, {1, 2, 3});
  model.floats("more", {3, 1, 1}, {10, 20, 30});
  model.node("Conv", {"x", "w", "b"}, {"c"});
  model.node("Add", {"more", "c"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "transpose"}));
  EXPECT_EQ(Imported::valuesOf(result.only<Conv2DOp>().getBias()),
            std::vector<float>({11, 22, 33}));
}

TEST(ImportConvolution, AddStaysWhereTheConvolutionIsReadTwice) {
  TestModel model({1, 2, 4, 4});
  model.floats("w", {2, 2, 1, 1});
  model.floats("b", {1, 2, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Identity", {"c"}, {"alias"});
  model.node("Add", {"alias", "b"}, {"sum"});
  model.node("Relu", {"c"}, {"r"});
  model.node("Mul", {"sum", "r"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "add", "clamp", "mul", "transpose"}));
  EXPECT_EQ(Imported::shapeOf(result.only<AddOp>().getRhs().getType()), Dims({1, 1, 1, 2}));
}

TEST(ImportConvolution, ScaleAndShiftBecomeABatchNorm) {
  TestModel model({1, 2, 4, 4});
  model.floats("w", {2, 2, 1, 1});
  model.floats("scale", {2, 1, 1}, {3, 4});
  model.floats("divisor", {}, {2});
  model.floats("shift", {2, 1, 1}, {5, 6});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Mul", {"c", "scale"}, {"s"});
  model.node("Div", {"s", "divisor"}, {"d"});
  model.node("Sub", {"d", "shift"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "batch_norm", "transpose"}));
  auto norm = result.only<BatchNormOp>();
  EXPECT_EQ(Imported::valuesOf(norm.getScale()), std::vector<float>({1.5f, 2}));
  EXPECT_EQ(Imported::valuesOf(norm.getOffset()), std::vector<float>({-5, -6}));
}

TEST(ImportConvolution, GemmScalesAndTransposes) {
  TestModel model({2, 2});
  model.floats("w", {2, 3}); // [K, OC]: rows 1 2 3, 4 5 6
  model.floats("b", {3});
  model.node("Gemm", {"x", "w", "b"}, {"y"}).with("alpha", 2.0f).with("beta", 0.5f);
  Imported result(model);
  auto matmul = result.only<MatmulOp>();
  EXPECT_EQ(Imported::valuesOf(matmul.getWeights()), std::vector<float>({2, 8, 4, 10, 6, 12}));
  EXPECT_EQ(Imported::valuesOf(matmul.getBias()), std::vector<float>({0.5f, 1, 1.5f}));
}

TEST(ImportConvolution, MatMulOfRank3) {
  TestModel model({2, 5, 4});
  model.floats("w", {4, 3});
  model.floats("b", {3});
  model.node("MatMul", {"x", "w"}, {"m"});
  model.node("Add", {"m", "b"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"reshape", "matmul", "reshape", "add"}));
  EXPECT_EQ(result.resultShape(), Dims({2, 5, 3}));
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transpositions appear at the boundary, and inside only where the model's order matters.
#include "TestModel.h"

using namespace qopt;
using namespace qopt::test;

namespace {

TestModel twoConvolutions() {
  TestModel model({-1, 3, 8, 8});
  model.floats("w1", {4, 3, 1, 1});
  model.floats("w2", {4, 4, 1, 1});
  model.node("Conv", {"x", "w1"}, {"c1"});
  model.node("Relu", {"c1"}, {"r"});
  model.node("Conv", {"r", "w2"}, {"y"});
  return model;
}

TEST(ImportLayout, TransposesAtTheBoundaryOnly) {
  Imported result(twoConvolutions());
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "clamp", "conv2d", "transpose"}));
  EXPECT_EQ(result.resultShape(), Dims({1, 4, 8, 8}));
}

TEST(ImportLayout, NhwcBoundaryHasNone) {
  OnnxImportOptions options;
  options.ioLayout = OnnxIoLayout::NHWC;
  options.batch = 3;
  Imported result(twoConvolutions(), options);
  EXPECT_EQ(result.ops(), OpNames({"conv2d", "clamp", "conv2d"}));
  EXPECT_EQ(result.resultShape(), Dims({3, 8, 8, 4}));
}

TEST(ImportLayout, TransposesOfTheModelCancel) {
  TestModel model({1, 8, 8, 3}); // an NHWC model, as converters from TensorFlow write them
  model.floats("w", {4, 3, 1, 1});
  model.node("Transpose", {"x"}, {"nchw"}).with("perm", Dims{0, 3, 1, 2});
  model.node("Conv", {"nchw", "w"}, {"c"});
  model.node("Relu", {"c"}, {"r"});
  model.node("Transpose", {"r"}, {"y"}).with("perm", Dims{0, 2, 3, 1});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"conv2d", "clamp"}));
  EXPECT_EQ(result.resultShape(), Dims({1, 8, 8, 4}));
}

TEST(ImportLayout, FlattenOfOnePixelIsAReshape) {
  TestModel model({1, 3, 8, 8});
  model.floats("w", {5, 3, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("GlobalAveragePool", {"c"}, {"p"});
  model.node("Flatten", {"p"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "reduce_mean", "reshape"}));
  EXPECT_EQ(result.resultShape(), Dims({1, 5}));
}

TEST(ImportLayout, FlattenOfAnImageNeedsTheModelsOrder) {
  TestModel model({1, 3, 8, 8});
  model.floats("w", {5, 3, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Flatten", {"c"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "transpose", "reshape"}));
  EXPECT_EQ(result.resultShape(), Dims({1, 5 * 64}));
}

TEST(ImportLayout, AxesFollowTheLayout) {
  TestModel model({1, 3, 8, 6});
  model.floats("w", {4, 3, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Concat", {"c", "x"}, {"both"}).with("axis", int64_t(1));
  model.node("ReduceMean", {"both"}, {"y"}).with("axes", Dims{-1, 2}).with("keepdims", int64_t(0));
  Imported result(model);
  EXPECT_EQ(result.only<ConcatOp>().getAxis(), 3);
  EXPECT_EQ(Dims(result.only<ReduceMeanOp>().getAxes()), Dims({1, 2}));
  EXPECT_EQ(result.resultShape(), Dims({1, 7}));
}

// Without its height, an NHWC tensor is [N, W, C], not the model's [N, C, W].
TEST(ImportLayout, MeanOfOneDimensionIsInTheModelsOrder) {
  TestModel model({1, 3, 8, 6});
  model.floats("w", {4, 3, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("ReduceMean", {"c"}, {"y"}).with("axes", Dims{2}).with("keepdims", int64_t(0));
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"transpose", "conv2d", "transpose", "reduce_mean"}));
  EXPECT_EQ(result.resultShape(), Dims({1, 4, 6}));
}

TEST(ImportLayout, ConstantsArePermuted) {
  TestModel model({1, 2, 1, 2});
  model.floats("w", {2, 2, 1, 1});
  model.floats("k", {1, 2, 1, 2}, {1, 2, 3, 4}); // channel 0: 1 2, channel 1: 3 4
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Mul", {"k", "c"}, {"y"});
  Imported result(model);
  EXPECT_EQ(Imported::valuesOf(result.only<MulOp>().getLhs()), std::vector<float>({1, 3, 2, 4}));
}

TEST(ImportLayout, BroadcastsLowerRanks) {
  TestModel model({1, 3, 4, 5});
  model.input("row", {5});
  model.floats("w", {3, 3, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Add", {"c", "row"}, {"y"});
  Imported result(model);
  EXPECT_EQ(Imported::shapeOf(result.only<AddOp>().getRhs().getType()), Dims({1, 1, 5, 1}));
}

TEST(ImportLayout, LayerNamesAreUnique) {
  TestModel model({1, 4});
  model.node("Relu", {"x"}, {"a"}).named("same");
  model.node("Tanh", {"a"}, {"b"}).named("same");
  model.node("Tanh", {"b"}, {"y"}).named("");
  Imported result(model);
  EXPECT_EQ(getLayerName(result.only<ClampOp>()), "same");
  EXPECT_EQ(getLayerName(result.all<UnaryOp>()[0]), "same_1");
  EXPECT_EQ(getLayerName(result.all<UnaryOp>()[1]), "y");
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape arithmetic that exporters leave in the graph.
#include "TestModel.h"

using namespace qopt;
using namespace qopt::test;

namespace {

// x.view(x.size(0), -1) as PyTorch exports it.
TEST(ImportShape, ViewOfTheBatch) {
  TestModel model({-1, 3, 1, 1});
  model.initializer("zero", {}, onnx::proto::TensorProto::INT64).add_int64_data(0);
  model.integers("rest", {-1});
  model.node("Shape", {"x"}, {"shape"});
  model.node("Gather", {"shape", "zero"}, {"n"}).with("axis", int64_t(0));
  model.integers("axes", {0});
  model.node("Unsqueeze", {"n", "axes"}, {"n1"});
  model.node("Concat", {"n1", "rest"}, {"target"}).with("axis", int64_t(0));
  model.node("Reshape", {"x", "target"}, {"y"});
  OnnxImportOptions options;
  options.batch = 4;
  Imported result(model, options);
  EXPECT_EQ(result.ops(), OpNames({"reshape"}));
  EXPECT_EQ(result.resultShape(), Dims({4, 3}));
}

// A shape traced with one sample follows the batch that was asked for.
TEST(ImportShape, FixedBatchIsReplaced) {
  TestModel model({1, 3, 1, 1});
  model.integers("target", {1, 3});
  model.node("Reshape", {"x", "target"}, {"y"});
  OnnxImportOptions options;
  EXPECT_EQ(Imported(model, options).resultShape(), Dims({1, 3}));
  options.batch = 4;
  EXPECT_EQ(Imported(model, options).resultShape(), Dims({4, 3}));
}

TEST(ImportShape, BatchOfOneLeavesAFixedSize) {
  TestModel model({8, 3});
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(Imported(model).resultShape(), Dims({8, 3}));
}

// The height times two, through floats, as upsampling is exported.
TEST(ImportShape, ArithmeticThroughFloats) {
  TestModel model({1, 1, 3, 5}, 11);
  model.integers("two", {2}), model.integers("four", {4}), model.integers("axis", {0});
  model.floats("factor", {2}, {2, 2});
  model.node("Shape", {"x"}, {"shape"});
  model.node("Slice", {"shape", "two", "four", "axis"}, {"hw"});
  model.node("Cast", {"hw"}, {"f"}).with("to", int64_t(onnx::proto::TensorProto::FLOAT));
  model.node("Mul", {"f", "factor"}, {"g"});
  model.node("Floor", {"g"}, {"h"});
  model.node("Cast", {"h"}, {"size"}).with("to", int64_t(onnx::proto::TensorProto::INT64));
  model.node("Slice", {"shape", "axis", "two", "axis"}, {"nc"});
  model.node("Concat", {"nc", "size"}, {"sizes"}).with("axis", int64_t(0));
  model.node("Resize", {"x", "", "", "sizes"}, {"y"})
      .with("coordinate_transformation_mode", "asymmetric")
      .with("nearest_mode", "floor");
  Imported result(model);
  EXPECT_EQ(Dims(result.only<ResizeNearestOp>().getScales()), Dims({2, 2}));
  EXPECT_EQ(result.resultShape(), Dims({1, 1, 6, 10}));
}

TEST(ImportShape, GeneratorsAndSelection) {
  TestModel model({6, 1});
  model.integers("three", {3}), model.integers("minus", {-1}), model.integers("pair", {2, -1});
  model.node("ConstantOfShape", {"one"}, {"zeros"}); // 0.0
  model.integers("one", {1});
  model.node("Equal", {"pair", "minus"}, {"isOpen"});
  model.node("Where", {"isOpen", "three", "pair"}, {"target"}); // [2, 3]
  model.node("Reshape", {"x", "target"}, {"r"});
  model.node("Add", {"r", "zeros"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.ops(), OpNames({"reshape", "add"}));
  EXPECT_EQ(result.resultShape(), Dims({2, 3}));
}

TEST(ImportShape, RangeAndBackwardSlice) {
  TestModel model({24});
  auto scalar = [&](const char *name, int64_t value) {
    model.initializer(name, {}, onnx::proto::TensorProto::INT64).add_int64_data(value);
  };
  scalar("start", 2), scalar("limit", 5), scalar("step", 1);
  model.node("Range", {"start", "limit", "step"}, {"range"}); // 2 3 4
  model.integers("last", {-1}), model.integers("before", {-1000}), model.integers("axis", {0});
  model.node("Slice", {"range", "last", "before", "axis", "last"}, {"reversed"}); // 4 3 2
  model.node("Reshape", {"x", "reversed"}, {"y"});
  Imported result(model);
  EXPECT_EQ(result.resultShape(), Dims({4, 3, 2}));
}

TEST(ImportShape, WeightsThroughNodes) {
  TestModel model({1, 2});
  model.floats("w", {2, 2}, {1, 2, 3, 4});
  model.node("Identity", {"w"}, {"same"});
  model.node("Transpose", {"same"}, {"t"});
  model.node("Gemm", {"x", "t"}, {"y"}).with("transB", int64_t(1));
  Imported result(model);
  auto matmul = result.only<MatmulOp>();
  EXPECT_EQ(Imported::valuesOf(matmul.getWeights()), std::vector<float>({1, 3, 2, 4}));
  EXPECT_EQ(getConstant(matmul.getWeights()).getResourceName(), "w");
}

TEST(ImportShape, ActivationSlices) {
  TestModel model({1, 4, 6, 6});
  model.floats("w", {4, 4, 1, 1});
  model.integers("starts", {1, 0}), model.integers("ends", {3, 100});
  model.integers("axes", {1, -1}), model.integers("steps", {1, 2});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Slice", {"c", "starts", "ends", "axes", "steps"}, {"y"});
  Imported result(model);
  auto slice = result.only<SliceOp>();
  EXPECT_EQ(Dims(slice.getStarts()), Dims({0, 0, 0, 1}));
  EXPECT_EQ(Dims(slice.getSteps()), Dims({1, 1, 2, 1}));
  EXPECT_EQ(result.resultShape(), Dims({1, 2, 6, 3}));
}

TEST(ImportShape, SoftmaxOfOldOpsetsIsFlat) {
  for (int64_t opset : {11, 13}) {
    TestModel model({2, 3, 4}, opset);
    model.node("Softmax", {"x"}, {"y"}).with("axis", int64_t(1));
    Imported result(model);
    EXPECT_EQ(result.ops(), opset < 13 ? OpNames({"reshape", "softmax", "reshape"})
                                       : OpNames({"transpose", "softmax", "transpose"}));
    EXPECT_EQ(result.resultShape(), Dims({2, 3, 4}));
  }
}

} // namespace

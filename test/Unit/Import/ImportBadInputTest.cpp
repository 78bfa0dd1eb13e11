// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is refused, with one sentence that names file, node and remedy.
#include "TestModel.h"

#include "llvm/Support/FileSystem.h"
#include <cmath>
#include <limits>

using namespace qopt;
using namespace qopt::test;
namespace proto = qopt::onnx::proto;

namespace {

/// One line that starts with the file and holds every part.
void expectRefusal(Imported imported, const std::vector<std::string> &parts) {
  ASSERT_FALSE(imported.module);
  EXPECT_EQ(imported.error.rfind("model.onnx: ", 0), 0u) << imported.error;
  EXPECT_EQ(imported.error.find('\n'), std::string::npos) << imported.error;
  for (const std::string &part : parts)
    EXPECT_NE(imported.error.find(part), std::string::npos) << part << " in " << imported.error;
}
void expectRefusal(const TestModel &model, const std::vector<std::string> &parts) {
  expectRefusal(Imported(model), parts);
}

TestModel convolution(const Dims &weights = {4, 3, 3, 3}) {
  TestModel model({1, 3, 8, 8});
  model.floats("w", weights);
  model.node("Conv", {"x", "w"}, {"y"});
  return model;
}

TEST(ImportBadInput, Files) {
  expectRefusal(Imported(std::string()), {"empty"});
  expectRefusal(Imported(std::string("not a model")), {"not an ONNX model"});
  std::string bytes = convolution().bytes();
  expectRefusal(Imported(bytes.substr(0, bytes.size() / 2)), {"truncated"});
  mlir::MLIRContext context;
  auto missing = importOnnx(context, "/nowhere/model.onnx");
  ASSERT_FALSE(missing);
  std::string message = llvm::toString(missing.takeError());
  EXPECT_NE(message.find("/nowhere/model.onnx: cannot be read"), std::string::npos) << message;
}

TEST(ImportBadInput, Versions) {
  TestModel model = convolution();
  model.message.clear_ir_version();
  expectRefusal(model, {"not an ONNX model"});
  for (int64_t opset : {int64_t(6), int64_t(23), int64_t(-1)}) {
    model = convolution();
    model.message.mutable_opset_import(0)->set_version(opset);
    expectRefusal(model, {"opset " + std::to_string(opset), "7 to 22"});
  }
  model.message.clear_opset_import();
  expectRefusal(model, {"opset 0"});
}

TEST(ImportBadInput, UnknownOperators) {
  TestModel model({1, 4});
  model.node("PRelu", {"x", "x"}, {"y"}).named("act");
  expectRefusal(model, {"node 'act' (op PRelu): operator is not supported; "});
  TestModel custom({1, 4});
  custom.node("Relu", {"x"}, {"y"});
  custom.graph().mutable_node(0)->set_domain("com.vendor");
  expectRefusal(custom, {"op Relu", "com.vendor"});
  TestModel gather({4, 4});
  gather.integers("i", {0});
  gather.node("Gather", {"x", "i"}, {"y"});
  expectRefusal(gather, {"op Gather", "on constants"});
}

TEST(ImportBadInput, Graphs) {
  TestModel cycle({1, 4});
  cycle.node("Add", {"x", "b"}, {"a"});
  cycle.node("Relu", {"a"}, {"b"});
  cycle.node("Relu", {"b"}, {"y"});
  expectRefusal(cycle, {"cycle", "node '"});

  TestModel missing({1, 4});
  missing.node("Add", {"x", "ghost"}, {"y"});
  expectRefusal(missing, {"node 'y_node' (op Add) reads 'ghost'"});

  TestModel twice({1, 4});
  twice.node("Relu", {"x"}, {"y"});
  twice.node("Tanh", {"x"}, {"y"});
  expectRefusal(twice, {"'y' is defined twice"});

  TestModel initializers({1, 4});
  initializers.floats("w", {4});
  initializers.floats("w", {4});
  initializers.node("Add", {"x", "w"}, {"y"});
  expectRefusal(initializers, {"'w' is defined twice"});

  TestModel nothing({1, 4});
  expectRefusal(nothing, {"outputs reads 'y'"});
  nothing.graph().clear_output();
  expectRefusal(nothing, {"no outputs"});
}

TEST(ImportBadInput, NodesOutOfOrderAreSorted) {
  TestModel model({1, 4});
  model.node("Tanh", {"a"}, {"y"});
  model.node("Relu", {"x"}, {"a"});
  EXPECT_EQ(Imported(model).ops(), OpNames({"clamp", "unary"}));
}

TEST(ImportBadInput, UnreadNodesAreSkipped) {
  TestModel model({1, 4});
  model.node("NonMaxSuppression", {"x"}, {"unused"});
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(Imported(model).ops(), OpNames({"clamp"}));
}

TEST(ImportBadInput, Dimensions) {
  for (int64_t dim : {int64_t(0), int64_t(-3), int64_t(1) << 40, INT64_MAX}) {
    TestModel model({1, 3, 8, 8});
    model.node("Relu", {"x"}, {"y"});
    model.graph()
        .mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(2)
        ->set_dim_value(dim);
    expectRefusal(model, {"input 'x'"});
  }
  TestModel open({1, 3, -1, 8});
  open.node("Relu", {"x"}, {"y"});
  expectRefusal(open, {"dimension 2 of input 'x' is open"});
}

TEST(ImportBadInput, HugeTensorsAreNotAllocated) {
  TestModel weights = convolution();
  weights.graph().mutable_initializer(0)->set_dims(0, int64_t(1) << 62);
  expectRefusal(weights, {"tensor 'w'", "MiB"});

  TestModel filled({1});
  filled.integers("shape", {1 << 15, 1 << 15});
  filled.node("ConstantOfShape", {"shape"}, {"zeros"});
  filled.node("Add", {"x", "zeros"}, {"y"});
  expectRefusal(filled, {"op ConstantOfShape", "elements"});

  TestModel padded({1, 1, 1, 1});
  padded.integers("pads", {0, 0, 0, 0, 0, 0, 1 << 24, 1 << 24});
  padded.node("Pad", {"x", "pads"}, {"y"});
  expectRefusal(padded, {"op Pad", "MiB"});

  TestModel tower({1, 64}); // 2^30 copies, each node small
  std::string last = "x";
  for (int i = 0; i < 30; ++i) {
    std::string next = i == 29 ? "y" : "t" + std::to_string(i);
    tower.node("Concat", {last, last}, {next}).with("axis", int64_t(0));
    last = next;
  }
  expectRefusal(tower, {"op Concat", "MiB"});
}

TEST(ImportBadInput, Tensors) {
  TestModel half = convolution();
  half.graph().mutable_initializer(0)->set_data_type(proto::TensorProto::FLOAT16);
  expectRefusal(half, {"node 'y_node' (op Conv)", "tensor 'w'", "FLOAT16"});

  TestModel integers = convolution();
  integers.graph().mutable_initializer(0)->set_data_type(proto::TensorProto::INT32);
  expectRefusal(integers, {"'w'", "must be FLOAT"});

  TestModel unknown = convolution();
  unknown.graph().mutable_initializer(0)->set_data_type(12345);
  expectRefusal(unknown, {"12345"});

  TestModel cut = convolution();
  cut.graph().mutable_initializer(0)->mutable_raw_data()->pop_back();
  expectRefusal(cut, {"tensor 'w'", "bytes"});

  TestModel segmented = convolution();
  segmented.graph().mutable_initializer(0)->mutable_segment();
  expectRefusal(segmented, {"segments"});

  for (float bad : {NAN, INFINITY, -INFINITY}) {
    TestModel model({1, 4});
    model.floats("w", {4, 2}, {0, 1, 2, bad, 4, 5, 6, 7});
    model.node("MatMul", {"x", "w"}, {"y"}).named("fc");
    expectRefusal(model,
                  {"node 'fc' (op MatMul)", "tensor 'w'", std::isnan(bad) ? "NaN" : "infinity"});
  }
}

TEST(ImportBadInput, ExternalData) {
  for (const char *location : {"/etc/passwd", "../weights.bin", "weights.bin", ""}) {
    TestModel model = convolution();
    auto *tensor = model.graph().mutable_initializer(0);
    tensor->clear_raw_data();
    tensor->set_data_location(proto::TensorProto::EXTERNAL);
    auto *entry = tensor->add_external_data();
    entry->set_key("location");
    entry->set_value(location);
    expectRefusal(model, {"tensor 'w'", "inside the model's folder"});
  }
}

TEST(ImportBadInput, Convolutions) {
  expectRefusal(convolution({4, 2, 3, 3}), {"op Conv", "[4, 2, 3, 3]", "3 input channels"});
  expectRefusal(convolution({4, 3, 3}), {"[4, 3, 3]", "2-D"});
  expectRefusal(convolution({4, 3, 9, 9}), {"does not fit"});
  TestModel oneDimensional({1, 3, 8});
  oneDimensional.floats("w", {4, 3, 3});
  oneDimensional.node("Conv", {"x", "w"}, {"y"});
  expectRefusal(oneDimensional, {"op Conv", "[1, 3, 8]", "height of 1"});

  auto with = [](const char *name, Dims values) {
    TestModel model = convolution();
    TestNode(*model.graph().mutable_node(0)).with(name, values);
    return model;
  };
  expectRefusal(with("strides", {0, 1}), {"strides"});
  expectRefusal(with("pads", {0, 0, -1, 0}), {"pads"});
  expectRefusal(with("dilations", {1, INT64_MAX}), {"dilations"});
  expectRefusal(with("kernel_shape", {5, 5}), {"kernel_shape"});
  expectRefusal(with("group", {1, 1}), {"attribute 'group' has type INTS"});

  TestModel dynamic({1, 3, 8, 8});
  dynamic.input("w", {4, 3, 3, 3});
  dynamic.node("Conv", {"x", "w"}, {"y"});
  expectRefusal(dynamic, {"the weights ('w') must be a constant"});
}

TEST(ImportBadInput, Shapes) {
  TestModel reshape({2, 3});
  reshape.integers("shape", {4, -1});
  reshape.node("Reshape", {"x", "shape"}, {"y"});
  expectRefusal(reshape, {"op Reshape", "[4, -1]", "[2, 3]"});
  TestModel open({2, 3});
  open.integers("shape", {-1, -1});
  open.node("Reshape", {"x", "shape"}, {"y"});
  expectRefusal(open, {"[-1, -1]"});
  TestModel add({2, 3});
  add.floats("k", {4});
  add.node("Add", {"x", "k"}, {"y"});
  expectRefusal(add, {"op Add", "do not broadcast"});
  TestModel axis({2, 3});
  axis.node("Softmax", {"x"}, {"y"}).with("axis", int64_t(7));
  expectRefusal(axis, {"axis 7"});
  TestModel division({2, 3});
  division.integers("a", {1}), division.integers("zero", {0});
  division.node("Div", {"a", "zero"}, {"shape"});
  division.node("Reshape", {"x", "shape"}, {"y"});
  expectRefusal(division, {"op Div", "by zero"});
  TestModel overflow({2, 3});
  overflow.integers("a", {INT64_MIN}), overflow.integers("b", {-1});
  overflow.node("Div", {"a", "b"}, {"shape"});
  overflow.node("Reshape", {"x", "shape"}, {"y"});
  expectRefusal(overflow, {"op Div", "overflow"});
}

TEST(ImportBadInput, HostileNamesStayOnOneLine) {
  TestModel model({1, 4});
  model.node("Relu", {"x"}, {"y"}).named("line\nbreak\x1b[31m" + std::string(5000, 'a'));
  model.graph().mutable_node(0)->set_op_type("No\nSuch");
  Imported imported(model);
  EXPECT_LT(imported.error.size(), 400u);
  expectRefusal(std::move(model), {"line\\0Abreak", "No\\0ASuch"});
}

TEST(ImportBadInput, OutputsThatNobodyComputes) {
  TestModel model({1, 1, 4, 4});
  model.graph().add_output()->set_name("indices");
  model.node("MaxPool", {"x"}, {"y", "indices"}).with("kernel_shape", Dims{2, 2});
  expectRefusal(model, {"op MaxPool", "'indices'"});
}

} // namespace

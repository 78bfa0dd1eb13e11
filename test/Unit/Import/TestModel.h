// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ONNX models built in memory, and what importing them gives.
#ifndef QOPT_TEST_UNIT_IMPORT_TESTMODEL_H
#define QOPT_TEST_UNIT_IMPORT_TESTMODEL_H

#include "Onnx.pb.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Import/ONNX/ImportOnnx.h"
#include "gtest/gtest.h"
#include <vector>

namespace qopt::test {

using Dims = std::vector<int64_t>;
using Names = std::vector<std::string>;

class TestModel;

/// One node under construction.
class TestNode {
public:
  explicit TestNode(onnx::proto::NodeProto &message) : message(&message) {}

  TestNode &with(const std::string &name, int64_t value) {
    auto &attribute = add(name, onnx::proto::AttributeProto::INT);
    attribute.set_i(value);
    return *this;
  }
  TestNode &with(const std::string &name, float value) {
    auto &attribute = add(name, onnx::proto::AttributeProto::FLOAT);
    attribute.set_f(value);
    return *this;
  }
  TestNode &with(const std::string &name, const char *value) {
    auto &attribute = add(name, onnx::proto::AttributeProto::STRING);
    attribute.set_s(value);
    return *this;
  }
  TestNode &with(const std::string &name, const Dims &values) {
    auto &attribute = add(name, onnx::proto::AttributeProto::INTS);
    attribute.mutable_ints()->Add(values.begin(), values.end());
    return *this;
  }
  TestNode &named(const std::string &name) {
    message->set_name(name);
    return *this;
  }

private:
  onnx::proto::AttributeProto &add(const std::string &name,
                                   onnx::proto::AttributeProto::AttributeType type) {
    auto *attribute = message->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return *attribute;
  }

  onnx::proto::NodeProto *message;
};

/// A model with input "x" of the given shape (-1: open) and output "y".
class TestModel {
public:
  explicit TestModel(const Dims &inputShape, int64_t opset = 17) {
    message.set_ir_version(8);
    message.add_opset_import()->set_version(opset);
    message.mutable_graph()->set_name("test");
    input("x", inputShape);
    message.mutable_graph()->add_output()->set_name("y");
  }

  onnx::proto::GraphProto &graph() { return *message.mutable_graph(); }

  void input(const std::string &name, const Dims &shape) {
    auto *info = graph().add_input();
    info->set_name(name);
    auto *type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::proto::TensorProto::FLOAT);
    type->mutable_shape();
    for (int64_t dim : shape) {
      auto *size = type->mutable_shape()->add_dim();
      if (dim < 0)
        size->set_dim_param("N");
      else
        size->set_dim_value(dim);
    }
  }

  /// Elements 1, 2, 3, ... where none are given.
  onnx::proto::TensorProto &floats(const std::string &name, const Dims &shape,
                                   std::vector<float> values = {}) {
    int64_t count = 1;
    for (int64_t dim : shape)
      count *= dim;
    for (int64_t i = 0; values.size() < static_cast<size_t>(count); ++i)
      values.push_back(static_cast<float>(i + 1));
    auto &tensor = initializer(name, shape, onnx::proto::TensorProto::FLOAT);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    return tensor;
  }

  onnx::proto::TensorProto &integers(const std::string &name, const Dims &values) {
    auto &tensor =
        initializer(name, {static_cast<int64_t>(values.size())}, onnx::proto::TensorProto::INT64);
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
    return tensor;
  }

  onnx::proto::TensorProto &initializer(const std::string &name, const Dims &shape, int type) {
    auto *tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    tensor->mutable_dims()->Add(shape.begin(), shape.end());
    return *tensor;
  }

  /// A node named after its first output.
  TestNode node(const std::string &op, const Names &inputs, const Names &outputs) {
    auto *node = graph().add_node();
    node->set_op_type(op);
    node->set_name(outputs[0] + "_node");
    for (const std::string &input : inputs)
      node->add_input(input);
    for (const std::string &output : outputs)
      node->add_output(output);
    return TestNode(*node);
  }

  std::string bytes() const { return message.SerializeAsString(); }

  onnx::proto::ModelProto message;
};

/// The module, or the error.
class Imported {
public:
  explicit Imported(const TestModel &model, const OnnxImportOptions &options = {})
      : Imported(model.bytes(), options) {}
  explicit Imported(const std::string &bytes, const OnnxImportOptions &options = {}) {
    auto result = importOnnx(context, llvm::MemoryBufferRef(bytes, "model.onnx"), options);
    if (result)
      module = std::move(*result);
    else
      error = llvm::toString(result.takeError());
  }

  mlir::func::FuncOp function() { return *module->getOps<mlir::func::FuncOp>().begin(); }

  template <typename OpTy> std::vector<OpTy> all() {
    std::vector<OpTy> found;
    if (module)
      module->walk([&](OpTy op) { found.push_back(op); });
    return found;
  }

  /// The only op of its kind.
  template <typename OpTy> OpTy only() {
    std::vector<OpTy> found = all<OpTy>();
    EXPECT_EQ(found.size(), 1u) << error << text();
    return found.size() == 1 ? found[0] : OpTy();
  }

  /// All ops but constants and the return, by name, in order.
  std::vector<std::string> ops() {
    std::vector<std::string> names;
    if (!module)
      return {error};
    for (mlir::Operation &op : function().getBody().front().without_terminator())
      if (!llvm::isa<ConstantOp>(op))
        names.push_back(op.getName().stripDialect().str());
    return names;
  }

  Dims resultShape(unsigned index = 0) {
    if (!module)
      return {};
    return shapeOf(function().getFunctionType().getResult(index));
  }
  static Dims shapeOf(mlir::Type type) {
    return Dims(llvm::cast<mlir::RankedTensorType>(type).getShape());
  }
  static std::vector<float> valuesOf(mlir::Value constant) {
    auto values = getFloats(getConstant(constant));
    return values ? std::vector<float>(values->begin(), values->end()) : std::vector<float>();
  }

  std::string text() {
    std::string out;
    llvm::raw_string_ostream stream(out);
    if (module)
      module->print(stream);
    return out;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string error;
};

using OpNames = std::vector<std::string>;

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_IMPORT_TESTMODEL_H

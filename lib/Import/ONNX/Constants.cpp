// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant, and the operators that pass their input on.
#include "Node.h"

using namespace qopt::onnx;

static Tensor floatVector(const std::vector<float> &values) {
  Tensor tensor = Tensor::ofShape(ElementKind::Float, {static_cast<int64_t>(values.size())});
  tensor.floats = values;
  return tensor;
}

static Tensor decodeValue(Node &node, const proto::TensorProto &value) {
  const TensorSource &source = node.getGraph().getTensorSource();
  node.getGraph().charge(elementCount(decodeShape(value, source.maxBytes)) * sizeof(float));
  return decodeTensor(value, node.getName(), source);
}

static void importConstant(Node &node) {
  if (const proto::TensorProto *value = node.getTensorMessage("value"))
    return node.setTensor(decodeValue(node, *value));
  if (auto values = node.getFloats("value_floats"))
    return node.setTensor(floatVector(*values));
  if (auto values = node.getInts("value_ints"))
    return node.setTensor(Tensor::ofIntegers(*values));
  if (node.hasAttribute("value_int"))
    return node.setTensor(Tensor::ofInteger(node.getInt("value_int", 0)));
  if (!node.hasAttribute("value_float"))
    fail("it has no dense numeric value; export the model with dense constants");
  Tensor scalar = Tensor::ofShape(ElementKind::Float, {});
  scalar.floats[0] = node.getFloat("value_float", 0);
  node.setTensor(std::move(scalar));
}

static void importIdentity(Node &node) { node.setAlias(0); }

static void importDropout(Node &node) {
  node.requireSingleOutput();
  bool isTraining = node.hasInput(2) &&
                    (!node.isConstant(2) || node.getIntegerConstant(2, "training_mode").integers !=
                                                std::vector<int64_t>{0});
  if (isTraining)
    fail("it is in training mode; export the model for inference");
  node.setAlias(0);
}

void qopt::onnx::addConstantOperators(OperatorTable &table) {
  table.add({{"Constant", importConstant, nullptr, 0},
             {"Identity", importIdentity, nullptr, 1},
             {"Dropout", importDropout, nullptr, 3}});
}

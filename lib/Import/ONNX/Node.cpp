// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Node.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

llvm::StringRef Node::getName() const {
  if (!message.name().empty() || message.output_size() == 0)
    return message.name();
  return message.output(0);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

void Node::checkAttributes() const {
  llvm::StringSet<> names;
  for (const proto::AttributeProto &attribute : message.attribute())
    if (!names.insert(attribute.name()).second)
      fail("attribute " + quoted(attribute.name()) +
           " occurs twice; the file is damaged, export the model again");
}

const proto::AttributeProto *Node::findAttribute(llvm::StringRef name) const {
  for (const proto::AttributeProto &attribute : message.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const proto::AttributeProto *Node::findAttribute(llvm::StringRef name,
                                                 proto::AttributeProto::AttributeType type) const {
  const proto::AttributeProto *attribute = findAttribute(name);
  if (attribute && attribute->type() != type)
    fail("attribute " + quoted(name) + " has type " +
         proto::AttributeProto_AttributeType_Name(attribute->type()) + " where " +
         proto::AttributeProto_AttributeType_Name(type) +
         " is read; the file is damaged, export the model again");
  return attribute;
}

int64_t Node::getInt(llvm::StringRef name, int64_t fallback) const {
  const auto *attribute = findAttribute(name, proto::AttributeProto::INT);
  return attribute ? attribute->i() : fallback;
}

float Node::getFloat(llvm::StringRef name, float fallback) const {
  const auto *attribute = findAttribute(name, proto::AttributeProto::FLOAT);
  if (attribute && std::isnan(attribute->f()))
    fail("attribute " + quoted(name) + " is NaN; export the model again");
  return attribute ? attribute->f() : fallback;
}

std::string Node::getString(llvm::StringRef name, llvm::StringRef fallback) const {
  const auto *attribute = findAttribute(name, proto::AttributeProto::STRING);
  return attribute ? attribute->s() : fallback.str();
}

std::optional<Shape> Node::getInts(llvm::StringRef name) const {
  const auto *attribute = findAttribute(name, proto::AttributeProto::INTS);
  if (!attribute)
    return std::nullopt;
  return Shape(attribute->ints().begin(), attribute->ints().end());
}

std::optional<std::vector<float>> Node::getFloats(llvm::StringRef name) const {
  const auto *attribute = findAttribute(name, proto::AttributeProto::FLOATS);
  if (!attribute)
    return std::nullopt;
  return std::vector<float>(attribute->floats().begin(), attribute->floats().end());
}

const proto::TensorProto *Node::getTensorMessage(llvm::StringRef name) const {
  const auto *attribute = findAttribute(name, proto::AttributeProto::TENSOR);
  return attribute ? &attribute->t() : nullptr;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

bool Node::hasInput(unsigned index) const {
  return index < getNumInputs() && !message.input(index).empty();
}

const std::string &Node::getInputName(unsigned index) const {
  if (!hasInput(index))
    fail("input " + llvm::Twine(index) + " is missing; export the model again");
  return message.input(index);
}

bool Node::hasOnlyConstants() const {
  for (unsigned i = 0; i < getNumInputs(); ++i)
    if (hasInput(i) && !isConstant(i))
      return false;
  return true;
}

const Tensor &Node::getConstant(unsigned index, llvm::StringRef what) const {
  const std::string &name = getInputName(index);
  if (!isConstant(index))
    fail(what + " (" + quoted(name) +
         ") must be a constant; export the model with constants folded");
  return graph.getTensor(name);
}

const Tensor &Node::getFloatConstant(unsigned index, llvm::StringRef what) const {
  const Tensor &tensor = getConstant(index, what);
  if (!tensor.isFloat())
    fail(what + " (" + quoted(getInputName(index)) +
         ") must be FLOAT, not integers; export the model again");
  return tensor;
}

const Tensor &Node::getIntegerConstant(unsigned index, llvm::StringRef what) const {
  const Tensor &tensor = getConstant(index, what);
  if (tensor.isFloat())
    fail(what + " (" + quoted(getInputName(index)) +
         ") must be integers, not FLOAT; export the model again");
  return tensor;
}

float Node::getScalar(unsigned index, llvm::StringRef what) const {
  const Tensor &tensor = getFloatConstant(index, what);
  if (tensor.size() != 1 || std::isnan(tensor.floats[0]))
    fail(what + " (" + quoted(getInputName(index)) +
         ") must be one number that is not NaN; export the model again");
  return tensor.floats[0];
}

std::optional<Shape> Node::getIntsOrInput(llvm::StringRef attribute, unsigned index) const {
  if (!hasInput(index))
    return getInts(attribute);
  const Tensor &tensor = getIntegerConstant(index, attribute);
  return Shape(tensor.integers.begin(), tensor.integers.end());
}

mlir::Value Node::getChannelsLast(unsigned index) const {
  if (getRank(index) != 4)
    fail("its input has shape " + toString(getShape(index)) +
         " where four dimensions [N, C, H, W] are supported; give the model 2-D layers, for "
         "example with a height of 1");
  return graph.getChannelsLast(getInputName(index));
}

Activation Node::getAny(unsigned index) const {
  if (getValue(index).channelsLast)
    return {getValue(index).channelsLast, true};
  return {getPlain(index), false};
}

int64_t Node::normalizeAxis(int64_t axis, int64_t rank) const {
  if (axis < -rank || axis >= rank)
    fail("axis " + llvm::Twine(axis) + " is outside of a tensor with " + llvm::Twine(rank) +
         " dimensions; export the model again");
  return axis < 0 ? axis + rank : axis;
}

//===----------------------------------------------------------------------===//
// Ops and results
//===----------------------------------------------------------------------===//

mlir::DenseF32ArrayAttr Node::getBounds(std::optional<float> bound) const {
  if (!bound)
    return {};
  return graph.getBuilder().getDenseF32ArrayAttr({*bound});
}

void Node::define(Value value) {
  if (message.output_size() == 0 || message.output(0).empty())
    fail("it has no output; the file is damaged, export the model again");
  graph.define(message.output(0), std::move(value));
}

Value Node::toValue(Activation activation) {
  Value value;
  if (activation.isChannelsLast) {
    value.shape = permute(activation.shape(), kToPlain);
    value.channelsLast = activation.value;
  } else {
    value.shape.assign(activation.shape().begin(), activation.shape().end());
    value.plain = activation.value;
  }
  return value;
}

void Node::setResult(Activation activation) { define(toValue(activation)); }

void Node::setForwarded(Activation activation, unsigned input) {
  Value value = toValue(activation);
  value.isShared = getValue(input).isShared;
  define(std::move(value));
}

void Node::setResult(mlir::Value plain) { setResult(Activation{plain, false}); }
void Node::setChannelsLast(mlir::Value value) { setResult(Activation{value, true}); }

void Node::setTensor(Tensor tensor) {
  if (tensor.name.empty())
    tensor.name = message.output_size() > 0 ? message.output(0) : "";
  Value value;
  value.shape = tensor.shape;
  value.tensor = std::make_shared<Tensor>(std::move(tensor));
  define(std::move(value));
}

void Node::reserve(ElementKind kind, ShapeRef shape) {
  constexpr uint64_t kMaxIntegers = 1 << 20; // they are shapes, indices, masks
  bool isFloat = kind == ElementKind::Float;
  uint64_t limit = isFloat ? graph.getTensorSource().maxBytes / sizeof(float) : kMaxIntegers;
  std::optional<uint64_t> count = countElements(shape, limit);
  if (!count)
    fail("the constant of shape " + toString(shape) +
         " that it computes has a negative dimension " + "or more than " + llvm::Twine(limit) +
         " elements; export the model again");
  graph.charge(*count * (isFloat ? sizeof(float) : sizeof(int64_t)));
}

void Node::setAlias(unsigned input) {
  if (isConstant(input))
    graph.getTensor(getInputName(input)); // one decoded tensor, owned by both names
  define(getValue(input));
}

void Node::requireSingleOutput() const {
  for (int i = 1; i < message.output_size(); ++i)
    if (!message.output(i).empty() && graph.isRead(message.output(i)))
      fail("its output " + quoted(message.output(i)) +
           " is not supported; keep only its first output in the model");
}

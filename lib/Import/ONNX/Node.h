// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One node of the graph as an operator function sees it: attributes, inputs, ops to make, results.
#ifndef QOPT_LIB_IMPORT_ONNX_NODE_H
#define QOPT_LIB_IMPORT_ONNX_NODE_H

#include "Graph.h"

namespace qopt::onnx {

/// An activation in one of its layouts, with its shape in that layout.
struct Activation {
  mlir::Value value;
  bool isChannelsLast = false;

  ShapeRef shape() const { return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape(); }
};

class Node {
public:
  Node(Graph &graph, const proto::NodeProto &message) : graph(graph), message(message) {}

  llvm::StringRef getOpType() const { return message.op_type(); }
  llvm::StringRef getDomain() const { return message.domain(); }
  bool isStandard() const { return message.domain().empty() || message.domain() == "ai.onnx"; }
  int64_t getOpset() const { return graph.getOpset(); }
  Graph &getGraph() { return graph; }
  /// The node's name, or its first output's where it has none.
  llvm::StringRef getName() const;

  //===--------------------------------------------------------------------===//
  // Attributes: absent is a default or none, of another type is an error
  //===--------------------------------------------------------------------===//

  /// Fails where an attribute occurs twice: which of them counts would be chance.
  void checkAttributes() const;
  int64_t getInt(llvm::StringRef name, int64_t fallback) const;
  float getFloat(llvm::StringRef name, float fallback) const;
  std::string getString(llvm::StringRef name, llvm::StringRef fallback) const;
  std::optional<Shape> getInts(llvm::StringRef name) const;
  std::optional<std::vector<float>> getFloats(llvm::StringRef name) const;
  const proto::TensorProto *getTensorMessage(llvm::StringRef name) const;
  bool hasAttribute(llvm::StringRef name) const { return findAttribute(name); }

  //===--------------------------------------------------------------------===//
  // Inputs
  //===--------------------------------------------------------------------===//

  unsigned getNumInputs() const { return message.input_size(); }
  bool hasInput(unsigned index) const;
  bool hasOnlyConstants() const;
  /// The shape in the model's order.
  ShapeRef getShape(unsigned index) const { return getValue(index).shape; }
  int64_t getRank(unsigned index) const { return getShape(index).size(); }
  bool isConstant(unsigned index) const { return getValue(index).isConstant(); }
  /// Whether this node alone reads the input.
  bool isOnlyReader(unsigned index) const { return !getValue(index).isShared; }

  /// A constant input; `what` ("the weights") is for the error where it is none.
  const Tensor &getConstant(unsigned index, llvm::StringRef what) const;
  const Tensor &getFloatConstant(unsigned index, llvm::StringRef what) const;
  const Tensor &getIntegerConstant(unsigned index, llvm::StringRef what) const;
  float getScalar(unsigned index, llvm::StringRef what) const;
  /// Integers from an attribute (older opsets) or a constant input; none where both are absent.
  std::optional<Shape> getIntsOrInput(llvm::StringRef attribute, unsigned index) const;

  mlir::Value getPlain(unsigned index) const { return graph.getPlain(getInputName(index)); }
  /// Rank 4 only.
  mlir::Value getChannelsLast(unsigned index) const;
  /// The layout that exists (channels last where both do): for ops that do not mind.
  Activation getAny(unsigned index) const;
  bool hasChannelsLast(unsigned index) const { return !!getValue(index).channelsLast; }
  bool hasPlain(unsigned index) const { return !!getValue(index).plain; }

  /// `axis` counted from the front; refuses what is outside of the rank.
  int64_t normalizeAxis(int64_t axis, int64_t rank) const;

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  /// An op with one f32 result, as the layer of this node.
  template <typename OpTy, typename... Args> mlir::Value create(ShapeRef shape, Args &&...args) {
    return graph.createLayer<OpTy>(getName(), shape, std::forward<Args>(args)...);
  }
  /// An op that prepares or completes the layer, named after it with a suffix.
  template <typename OpTy, typename... Args>
  mlir::Value createHelper(llvm::StringRef suffix, ShapeRef shape, Args &&...args) {
    return graph.createLayer<OpTy>((getName() + "." + suffix).str(), shape,
                                   std::forward<Args>(args)...);
  }
  mlir::Value createConstant(llvm::StringRef name, ShapeRef shape, llvm::ArrayRef<float> values) {
    return graph.createConstant(name, shape, values);
  }
  mlir::DenseF32ArrayAttr getBounds(std::optional<float> bound) const;

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  void setResult(mlir::Value plain);
  void setChannelsLast(mlir::Value value);
  void setResult(Activation activation);
  /// The first output is input `input`, seen in another shape or layout.
  void setForwarded(Activation activation, unsigned input);
  void setTensor(Tensor tensor);
  /// To be called with the shape of a computed constant before it is allocated.
  void reserve(ElementKind kind, ShapeRef shape);
  /// The first output is the input itself.
  void setAlias(unsigned input);
  /// Refuses a node whose further outputs (a mask, indices) somebody reads.
  void requireSingleOutput() const;

private:
  const proto::AttributeProto *findAttribute(llvm::StringRef name) const;
  const proto::AttributeProto *findAttribute(llvm::StringRef name,
                                             proto::AttributeProto::AttributeType type) const;
  const std::string &getInputName(unsigned index) const;
  Value &getValue(unsigned index) const { return graph.getValue(getInputName(index)); }
  static Value toValue(Activation activation);
  void define(Value value);

  Graph &graph;
  const proto::NodeProto &message;
};

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_NODE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The import of one graph: what each name stands for, and the function that grows from it.
#ifndef QOPT_LIB_IMPORT_ONNX_GRAPH_H
#define QOPT_LIB_IMPORT_ONNX_GRAPH_H

#include "DecodeTensor.h"
#include "Operators.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Import/ONNX/ImportOnnx.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <memory>

namespace qopt::onnx {

/// What a name of the model stands for: a constant, or an activation in one or both layouts.
struct Value {
  Shape shape; ///< in the model's order of dimensions

  proto::TensorProto *stored = nullptr; ///< an initializer that nobody has decoded yet
  std::shared_ptr<const Tensor> tensor; ///< a decoded constant

  mlir::Value plain;        ///< in the model's order
  mlir::Value channelsLast; ///< rank 4 only

  unsigned readersLeft = 0; ///< nodes and outputs to come
  bool isShared = false;    ///< more than one node or output reads it

  bool isConstant() const { return stored || tensor; }
};

class Graph {
public:
  /// `folder` is where tensors in files of their own may lie (empty: nowhere). Initializers are
  /// taken out of `model` as they are decoded, so that weights exist once.
  Graph(mlir::MLIRContext &context, proto::ModelProto &model, const OnnxImportOptions &options,
        llvm::StringRef folder);

  mlir::OwningOpRef<mlir::ModuleOp> import(llvm::StringRef functionName);

  int64_t getOpset() const { return opset; }
  mlir::OpBuilder &getBuilder() { return builder; }
  const TensorSource &getTensorSource() const { return source; }

  //===--------------------------------------------------------------------===//
  // Names
  //===--------------------------------------------------------------------===//

  Value &getValue(llvm::StringRef name);
  void define(llvm::StringRef name, Value value);

  bool isRead(llvm::StringRef name) const { return readers.contains(name); }

  const Tensor &getTensor(llvm::StringRef name);
  /// The value in the model's layout, or channels last (rank 4); transposed, or made a constant of
  /// the function, where it does not exist in that form yet.
  mlir::Value getPlain(llvm::StringRef name);
  mlir::Value getChannelsLast(llvm::StringRef name);

  /// A leading 1 (or what the file says) of a reshaped activation stands for this many samples.
  int64_t getModelBatch() const { return modelBatch; }
  int64_t getBatch() const { return batch; }

  //===--------------------------------------------------------------------===//
  // The function
  //===--------------------------------------------------------------------===//

  mlir::Location getLocation(llvm::StringRef name);
  /// Refuses shapes that are empty, or beyond the limit.
  mlir::RankedTensorType getFloatType(ShapeRef shape) const;
  /// Counts bytes of constants against the limit for all of them.
  void charge(uint64_t bytes);
  mlir::Value createConstant(llvm::StringRef name, ShapeRef shape, llvm::ArrayRef<float> values);

  /// An op with one f32 result of `shape`, as layer `layer` (a suffix keeps layer names unique).
  template <typename OpTy, typename... Args>
  OpTy createLayer(llvm::StringRef layer, ShapeRef shape, Args &&...args) {
    mlir::Type type = getFloatType(shape);
    auto op = OpTy::create(builder, getLocation(layer), type, std::forward<Args>(args)...);
    op->setAttr(kLayerAttr, builder.getStringAttr(getFreshLayer(layer)));
    return op;
  }

private:
  void readVersions(const proto::ModelProto &model);
  void defineInitializers();
  mlir::func::FuncOp createFunction(llvm::StringRef name);
  mlir::Type defineInput(const proto::ValueInfoProto &input);
  Shape readInputShape(const proto::ValueInfoProto &input);
  int64_t readInputDim(const proto::ValueInfoProto &input, int index);
  void bindArguments(mlir::func::FuncOp function);
  void importNode(const proto::NodeProto &node);
  void releaseInputs(const proto::NodeProto &node);
  void createReturn(mlir::func::FuncOp function);
  static void eraseUnused(mlir::func::FuncOp function);

  bool usesChannelsLast(const Value &value) const {
    return options.ioLayout == OnnxIoLayout::NHWC && value.shape.size() == 4;
  }
  mlir::Value changeLayout(llvm::StringRef layer, mlir::Value from, ShapeRef permutation);
  mlir::Value materialize(llvm::StringRef name, bool channelsLast);
  std::string getFreshLayer(llvm::StringRef layer);

  proto::GraphProto &graph;
  const OnnxImportOptions &options;
  TensorSource source;
  OperatorTable operators;
  mlir::OpBuilder builder;
  int64_t opset = 0;
  int64_t modelBatch = 1, batch = 1;
  uint64_t constantBytes = 0;
  llvm::SmallVector<const proto::ValueInfoProto *> inputs; ///< those that are no initializers
  llvm::StringMap<Value> values;
  llvm::StringMap<unsigned> readers;
  llvm::StringMap<unsigned> layerNames; ///< how often each was asked for
};

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_GRAPH_H

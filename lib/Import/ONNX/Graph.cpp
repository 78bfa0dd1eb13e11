// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Graph.h"

#include "Node.h"
#include "NodeOrder.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

static constexpr int64_t kOldestOpset = 7, kNewestOpset = 22;

Graph::Graph(mlir::MLIRContext &context, proto::ModelProto &model, const OnnxImportOptions &options,
             llvm::StringRef folder)
    : graph(*model.mutable_graph()), options(options), builder(&context) {
  source.folder = folder.str();
  source.maxBytes = options.maxTensorBytes;
  readVersions(model);
}

void Graph::readVersions(const proto::ModelProto &model) {
  for (const proto::OperatorSetIdProto &set : model.opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx")
      opset = set.version();
  if (opset < kOldestOpset || opset > kNewestOpset)
    fail("the model uses opset " + llvm::Twine(opset) + "; export it with one from " +
         llvm::Twine(kOldestOpset) + " to " + llvm::Twine(kNewestOpset));
  if (graph.sparse_initializer_size() > 0)
    fail("the model has sparse initializers; export it with dense ones");
}

mlir::OwningOpRef<mlir::ModuleOp> Graph::import(llvm::StringRef functionName) {
  if (graph.output_size() == 0)
    fail("the graph has no outputs; the file is damaged or holds no network, export it again");
  std::vector<const proto::NodeProto *> nodes = orderNodes(graph);
  readers = countReaders(graph, nodes);
  defineInitializers();

  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToStart(module->getBody());
  mlir::func::FuncOp function = createFunction(functionName);
  for (const proto::NodeProto *node : nodes) {
    importNode(*node);
    releaseInputs(*node);
  }
  createReturn(function);
  eraseUnused(function);
  return module;
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

void Graph::defineInitializers() {
  for (proto::TensorProto &initializer : *graph.mutable_initializer()) {
    if (!readers.contains(initializer.name()))
      continue;
    Value value;
    try {
      value.shape = decodeShape(initializer, source.maxBytes);
    } catch (const ImportError &error) {
      fail("tensor " + quoted(initializer.name()) + ": " + error.what());
    }
    value.stored = &initializer;
    define(initializer.name(), std::move(value));
  }
}

int64_t Graph::readInputDim(const proto::ValueInfoProto &input, int index) {
  const auto &dim = input.type().tensor_type().shape().dim(index);
  int64_t size = dim.has_dim_value() ? dim.dim_value() : 1;
  if (!dim.has_dim_value() && index > 0)
    fail("dimension " + llvm::Twine(index) + " of input " + quoted(input.name()) +
         " is open; shapes are static here, export the model with a fixed size");
  if (size < 1)
    fail("dimension " + llvm::Twine(index) + " of input " + quoted(input.name()) + " is " +
         llvm::Twine(size) + "; export the model with a positive size");
  if (index > 0)
    return size;
  modelBatch = size;
  batch = options.batch > 1 ? options.batch : size;
  return batch;
}

Shape Graph::readInputShape(const proto::ValueInfoProto &input) {
  const proto::TypeProto &type = input.type();
  if (!type.has_tensor_type() || !type.tensor_type().has_shape())
    fail("input " + quoted(input.name()) +
         " is no tensor with a shape; export the model with a fixed shape");
  if (type.tensor_type().elem_type() != proto::TensorProto::FLOAT)
    fail("input " + quoted(input.name()) + " has element type " +
         elementTypeName(type.tensor_type().elem_type()) +
         "; convert the model to 32-bit float inputs");
  Shape shape;
  for (int i = 0; i < type.tensor_type().shape().dim_size(); ++i)
    shape.push_back(readInputDim(input, i));
  return shape;
}

/// Defines an input and returns the type of its argument.
mlir::Type Graph::defineInput(const proto::ValueInfoProto &input) {
  Value value;
  value.shape = readInputShape(input);
  Shape shape = usesChannelsLast(value) ? permute(value.shape, kToChannelsLast) : value.shape;
  define(input.name(), std::move(value));
  try {
    return getFloatType(shape);
  } catch (const ImportError &error) {
    fail("input " + quoted(input.name()) + ": " + error.what());
  }
}

mlir::func::FuncOp Graph::createFunction(llvm::StringRef name) {
  llvm::StringSet<> initializers;
  for (const proto::TensorProto &initializer : graph.initializer())
    initializers.insert(initializer.name());
  llvm::SmallVector<mlir::Type> types;
  for (const proto::ValueInfoProto &input : graph.input()) {
    if (initializers.contains(input.name()))
      continue; // old files list initializers as inputs as well
    types.push_back(defineInput(input));
    inputs.push_back(&input);
  }
  if (inputs.empty())
    fail("the graph has no inputs; it computes constants only, so there is nothing to compile");
  auto function = mlir::func::FuncOp::create(builder, getLocation(name), name,
                                             builder.getFunctionType(types, {}));
  bindArguments(function);
  return function;
}

void Graph::bindArguments(mlir::func::FuncOp function) {
  mlir::Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  for (auto [index, input] : llvm::enumerate(inputs)) {
    function.setArgAttr(index, kNameAttr, builder.getStringAttr(input->name()));
    Value &value = getValue(input->name());
    (usesChannelsLast(value) ? value.channelsLast : value.plain) = body->getArgument(index);
  }
}

void Graph::createReturn(mlir::func::FuncOp function) {
  llvm::SmallVector<mlir::Value> results;
  for (const proto::ValueInfoProto &output : graph.output()) {
    Value &value = getValue(output.name());
    results.push_back(usesChannelsLast(value) ? getChannelsLast(output.name())
                                              : getPlain(output.name()));
  }
  mlir::func::ReturnOp::create(builder, function.getLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), mlir::ValueRange(results).getTypes()));
  for (auto [index, output] : llvm::enumerate(graph.output()))
    function.setResultAttr(index, kNameAttr, builder.getStringAttr(output.name()));
}

/// Constants and paddings that went into a layer leave the originals without a reader.
void Graph::eraseUnused(mlir::func::FuncOp function) {
  for (mlir::Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (mlir::isOpTriviallyDead(&op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

void Graph::importNode(const proto::NodeProto &message) {
  try {
    Node node(*this, message);
    operators.import(node);
  } catch (const ImportError &error) {
    fail(describe(message) + ": " + error.what());
  }
}

/// Weights are large: what no later node reads is dropped at once.
void Graph::releaseInputs(const proto::NodeProto &node) {
  for (const std::string &name : node.input()) {
    if (name.empty())
      continue;
    Value &value = getValue(name);
    if (--value.readersLeft > 0)
      continue;
    value.tensor.reset();
    if (value.stored)
      value.stored->Clear();
    value.stored = nullptr;
  }
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Value &Graph::getValue(llvm::StringRef name) {
  auto found = values.find(name);
  if (found == values.end())
    fail(
        "the tensor " + quoted(name) +
        " is not computed by the operators as they are supported; keep only a node's first output");
  return found->second;
}

void Graph::define(llvm::StringRef name, Value value) {
  value.readersLeft = readers.lookup(name);
  value.isShared |= value.readersLeft > 1;
  values[name] = std::move(value);
}

const Tensor &Graph::getTensor(llvm::StringRef name) {
  Value &value = getValue(name);
  if (!value.tensor) {
    charge(elementCount(value.shape) * sizeof(float));
    value.tensor = std::make_shared<Tensor>(decodeTensor(*value.stored, name, source));
    value.stored->Clear();
    value.stored = nullptr;
  }
  return *value.tensor;
}

mlir::Value Graph::materialize(llvm::StringRef name, bool channelsLast) {
  const Tensor &tensor = getTensor(name);
  if (!tensor.isFloat())
    fail("tensor " + quoted(name) +
         " holds integers where an activation is needed; cast it to FLOAT in the model");
  if (!channelsLast)
    return createConstant(tensor.name, tensor.shape, tensor.floats);
  Tensor permuted = transpose(tensor, kToChannelsLast);
  return createConstant(tensor.name, permuted.shape, permuted.floats);
}

/// One channel or one pixel: both layouts are the same bytes, and a reshape moves none.
mlir::Value Graph::changeLayout(llvm::StringRef layer, mlir::Value from, ShapeRef permutation) {
  ShapeRef fromShape = mlir::cast<mlir::RankedTensorType>(from.getType()).getShape();
  Shape shape = permute(fromShape, permutation);
  bool toChannelsLast = permutation == ShapeRef(kToChannelsLast);
  if (isLayoutFree(toChannelsLast ? fromShape : ShapeRef(shape)))
    return createLayer<ReshapeOp>(layer, shape, from);
  return createLayer<TransposeOp>(layer, shape, from, permutation);
}

mlir::Value Graph::getPlain(llvm::StringRef name) {
  Value &value = getValue(name);
  if (!value.plain)
    value.plain = value.isConstant()
                      ? materialize(name, /*channelsLast=*/false)
                      : changeLayout((name + ".to_nchw").str(), value.channelsLast, kToPlain);
  return value.plain;
}

mlir::Value Graph::getChannelsLast(llvm::StringRef name) {
  Value &value = getValue(name);
  if (!value.channelsLast)
    value.channelsLast =
        value.isConstant() ? materialize(name, /*channelsLast=*/true)
                           : changeLayout((name + ".to_nhwc").str(), value.plain, kToChannelsLast);
  return value.channelsLast;
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

mlir::Location Graph::getLocation(llvm::StringRef name) {
  return mlir::NameLoc::get(builder.getStringAttr(name.empty() ? "unnamed" : name));
}

std::string Graph::getFreshLayer(llvm::StringRef layer) {
  unsigned count = layerNames[layer]++;
  if (count == 0)
    return layer.str();
  return getFreshLayer((layer + "_" + llvm::Twine(count)).str());
}

mlir::RankedTensorType Graph::getFloatType(ShapeRef shape) const {
  for (int64_t dim : shape)
    if (dim < 1)
      fail("a tensor of shape " + toString(shape) +
           " would be empty; check the sizes that the model was exported with");
  if (!countElements(shape, options.maxTensorBytes / sizeof(float)))
    fail("a tensor of shape " + toString(shape) + " needs more than " +
         llvm::Twine(options.maxTensorBytes >> 20) + " MiB; make the input or the batch smaller");
  return mlir::RankedTensorType::get(shape, mlir::Float32Type::get(builder.getContext()));
}

void Graph::charge(uint64_t bytes) {
  constantBytes += bytes; // each is below maxTensorBytes, and the first beyond the limit throws
  if (constantBytes > options.maxConstantBytes)
    fail("the constants need more than " + llvm::Twine(options.maxConstantBytes >> 20) +
         " MiB; the file is damaged, or this model is too large");
}

mlir::Value Graph::createConstant(llvm::StringRef name, ShapeRef shape,
                                  llvm::ArrayRef<float> values) {
  for (auto [index, value] : llvm::enumerate(values))
    if (!std::isfinite(value))
      fail("tensor " + quoted(name) + " holds " + (std::isnan(value) ? "NaN" : "an infinity") +
           " at element " + llvm::Twine(index) + "; train or export the model again");
  charge(values.size() * sizeof(float));
  getFloatType(shape);
  return createFloatConstant(builder, getLocation(name), name.empty() ? "constant" : name, shape,
                             values);
}

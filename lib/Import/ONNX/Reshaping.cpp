// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that give the same elements another shape, of activations as of constants.
#include "Node.h"

#include "llvm/ADT/STLExtras.h"

using namespace qopt;
using namespace qopt::onnx;

/// The elements of input 0, in row-major order, in `shape`.
static void reshape(Node &node, ShapeRef shape) {
  if (node.isConstant(0)) {
    Tensor tensor = node.getConstant(0, "the operand");
    node.reserve(tensor.kind, shape);
    tensor.shape.assign(shape.begin(), shape.end());
    return node.setTensor(std::move(tensor));
  }
  bool isFree = node.hasChannelsLast(0) && isLayoutFree(node.getShape(0));
  mlir::Value input = isFree ? node.getChannelsLast(0) : node.getPlain(0);
  if (Activation{input}.shape() == shape)
    return node.setForwarded({input, false}, 0);
  node.setResult(node.create<ReshapeOp>(shape, input));
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

/// Models traced with one batch size write it into their shapes; follow the one asked for.
static void followBatch(Node &node, Shape &target, ShapeRef input) {
  Graph &graph = node.getGraph();
  bool hasBatch = !target.empty() && !input.empty() && target[0] == graph.getModelBatch() &&
                  input[0] == graph.getBatch();
  if (hasBatch && !node.isConstant(0))
    target[0] = graph.getBatch();
}

/// Resolves 0 (copy) and -1 (infer).
static Shape resolveShape(ShapeRef target, ShapeRef input, bool allowZero) {
  Shape shape(target);
  int64_t inferred = -1;
  for (auto [i, dim] : llvm::enumerate(shape)) {
    if (dim == 0 && !allowZero)
      dim = i < input.size() ? input[i] : 0;
    if (dim == -1 && inferred == -1) {
      inferred = i;
      dim = 1;
    }
  }
  std::optional<uint64_t> known = countElements(shape, INT64_MAX);
  int64_t count = elementCount(input);
  if (inferred >= 0 && known.value_or(0) > 0 && count % *known == 0)
    known = *known * (shape[inferred] = count / *known);
  if (known != static_cast<uint64_t>(count))
    fail("its shape " + toString(target) + " does not fit an input of shape " + toString(input) +
         "; export the model again, or with the batch size it was traced with");
  return shape;
}

static void importReshape(Node &node) {
  std::optional<Shape> target = node.getIntsOrInput("shape", 1);
  if (!target)
    fail("its shape is missing; the file is damaged, export the model again");
  ShapeRef input = node.getShape(0);
  followBatch(node, *target, input);
  reshape(node, resolveShape(*target, input, node.getInt("allowzero", 0) != 0));
}

static void importFlatten(Node &node) {
  ShapeRef shape = node.getShape(0);
  int64_t rank = shape.size(), axis = node.getInt("axis", 1);
  axis = axis == rank ? rank : node.normalizeAxis(axis, rank);
  reshape(node, {elementCount(shape.take_front(axis)), elementCount(shape.drop_front(axis))});
}

//===----------------------------------------------------------------------===//
// Squeeze, Unsqueeze
//===----------------------------------------------------------------------===//

static Shape readAxes(Node &node, int64_t rank) {
  Shape axes = node.getIntsOrInput("axes", 1).value_or(Shape());
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, rank);
  llvm::sort(axes);
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    fail("its axes " + toString(axes) + " repeat; the file is damaged, export the model again");
  return axes;
}

static void importSqueeze(Node &node) {
  Shape input(node.getShape(0));
  Shape axes = readAxes(node, input.size());
  Shape shape;
  for (auto [i, dim] : llvm::enumerate(input)) {
    bool isNamed = llvm::is_contained(axes, static_cast<int64_t>(i));
    if (isNamed && dim != 1)
      fail("dimension " + llvm::Twine(i) + " of " + toString(input) +
           " is not 1; export the model again");
    if (axes.empty() ? dim != 1 : !isNamed)
      shape.push_back(dim);
  }
  reshape(node, shape);
}

static void importUnsqueeze(Node &node) {
  Shape shape(node.getShape(0));
  std::optional<Shape> given = node.getIntsOrInput("axes", 1);
  if (!given || given->size() > 8)
    fail("its axes are missing or more than 8; the file is damaged, export the model again");
  for (int64_t axis : readAxes(node, shape.size() + given->size()))
    shape.insert(shape.begin() + axis, 1);
  reshape(node, shape);
}

void qopt::onnx::addReshapingOperators(OperatorTable &table) {
  table.add({{"Reshape", importReshape, nullptr, 2},
             {"Flatten", importFlatten, nullptr, 1},
             {"Squeeze", importSqueeze, nullptr, 2},
             {"Unsqueeze", importUnsqueeze, nullptr, 2}});
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transpose, Concat, Pad.
#include "Node.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

static Shape readPermutation(const Node &node) {
  Shape axes = countUp(node.getRank(0));
  Shape permutation = node.getInts("perm").value_or(Shape(axes.rbegin(), axes.rend()));
  Shape sorted = permutation;
  llvm::sort(sorted);
  if (sorted != axes)
    fail("attribute 'perm' " + toString(permutation) + " does not permute " +
         llvm::Twine(node.getRank(0)) + " dimensions; the file is damaged, export the model again");
  return permutation;
}

static void foldTranspose(Node &node) {
  const Tensor &tensor = node.getConstant(0, "the operand");
  Shape permutation = readPermutation(node);
  node.reserve(tensor.kind, tensor.shape);
  node.setTensor(transpose(tensor, permutation));
}

/// An NCHW model that transposes to NHWC (or back) only names the layout that we have or want.
static void importTranspose(Node &node) {
  Shape permutation = readPermutation(node);
  if (isIdentity(permutation))
    return node.setAlias(0);
  if (permutation == Shape(ShapeRef(kToChannelsLast)) && node.hasChannelsLast(0))
    return node.setForwarded({node.getChannelsLast(0), false}, 0);
  if (permutation == Shape(ShapeRef(kToPlain)) && node.hasPlain(0))
    return node.setForwarded({node.getPlain(0), true}, 0);
  Activation input = node.getAny(0);
  if (input.isChannelsLast)
    for (int64_t &axis : permutation)
      axis = channelsLastAxis(axis);
  if (isIdentity(permutation))
    return node.setForwarded({input.value, false}, 0);
  Shape shape = permute(input.shape(), permutation);
  node.setResult(node.create<TransposeOp>(shape, input.value, permutation));
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

/// The result's shape in the model's order; `axis` becomes non-negative.
static Shape readConcat(const Node &node, int64_t &axis) {
  Shape shape(node.getShape(0));
  axis = node.normalizeAxis(node.getInt("axis", 0), shape.size());
  for (unsigned i = 1; i < node.getNumInputs(); ++i) {
    Shape other(node.getShape(i));
    bool agrees = other.size() == shape.size();
    for (size_t dim = 0; agrees && dim < shape.size(); ++dim)
      agrees = static_cast<int64_t>(dim) == axis || other[dim] == shape[dim];
    if (!agrees)
      fail("its inputs " + toString(shape) + " and " + toString(other) +
           " differ outside of axis " + llvm::Twine(axis) + "; export the model again");
    shape[axis] += other[axis];
  }
  return shape;
}

/// Copies `part`, of equal shape but for `axis`, into `whole` from `offset` along the axis.
template <typename T>
static void copyPart(const std::vector<T> &part, std::vector<T> &whole, int64_t partRow,
                     int64_t wholeRow, int64_t offset) {
  for (size_t row = 0; partRow > 0 && row * partRow < part.size(); ++row)
    std::copy_n(part.begin() + row * partRow, partRow, whole.begin() + row * wholeRow + offset);
}

static void foldConcat(Node &node) {
  int64_t axis;
  Shape shape = readConcat(node, axis);
  ElementKind kind = node.getConstant(0, "an operand").kind;
  node.reserve(kind, shape);
  Tensor result = Tensor::ofShape(kind, shape);
  int64_t wholeRow = elementCount(ShapeRef(shape).drop_front(axis)), offset = 0;
  for (unsigned i = 0; i < node.getNumInputs(); ++i) {
    const Tensor &part = node.getConstant(i, "an operand");
    if (part.kind != kind)
      fail("its inputs have different types; the file is damaged, export the model again");
    int64_t partRow = elementCount(ShapeRef(part.shape).drop_front(axis));
    copyPart(part.floats, result.floats, partRow, wholeRow, offset);
    copyPart(part.integers, result.integers, partRow, wholeRow, offset);
    offset += partRow;
  }
  node.setTensor(std::move(result));
}

static void importConcat(Node &node) {
  int64_t axis;
  Shape shape = readConcat(node, axis);
  bool channelsLast = false;
  for (unsigned i = 0; i < node.getNumInputs(); ++i)
    channelsLast |= node.hasChannelsLast(i);
  if (channelsLast) {
    shape = permute(shape, kToChannelsLast);
    axis = channelsLastAxis(axis);
  }
  llvm::SmallVector<mlir::Value> inputs;
  for (unsigned i = 0; i < node.getNumInputs(); ++i)
    inputs.push_back(channelsLast ? node.getChannelsLast(i) : node.getPlain(i));
  node.setResult({node.create<ConcatOp>(shape, inputs, axis), channelsLast});
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

namespace {
struct Padding {
  Shape low, high; ///< in the model's order
  float value = 0;
};
} // namespace

static Padding readPadding(const Node &node) {
  int64_t rank = node.getRank(0);
  Shape axes = countUp(rank);
  if (node.hasInput(3))
    axes = *node.getIntsOrInput("axes", 3);
  Shape pads = node.getIntsOrInput("pads", 1).value_or(Shape());
  bool valid = pads.size() == 2 * axes.size();
  for (int64_t pad : pads)
    valid &= pad >= 0 && pad <= (1 << 24);
  if (!valid)
    fail("its pads are " + toString(pads) + " where two non-negative numbers for each of " +
         llvm::Twine(axes.size()) + " axes are supported; cut with a Slice instead");
  Padding padding{Shape(rank, 0), Shape(rank, 0)};
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t dim = node.normalizeAxis(axis, rank);
    padding.low[dim] = pads[i];
    padding.high[dim] = pads[axes.size() + i];
  }
  padding.value =
      node.hasInput(2) ? node.getScalar(2, "the padding value") : node.getFloat("value", 0);
  if (!std::isfinite(padding.value))
    fail("its padding value is infinite; pad inside of the pool instead");
  return padding;
}

static void importPad(Node &node) {
  std::string mode = node.getString("mode", "constant");
  if (mode != "constant")
    fail("its mode " + quoted(mode) + " is not supported; only 'constant' is, pad with zeros");
  Padding padding = readPadding(node);
  Activation input = node.getAny(0);
  if (input.isChannelsLast) {
    padding.low = permute(padding.low, kToChannelsLast);
    padding.high = permute(padding.high, kToChannelsLast);
  }
  Shape shape(input.shape());
  for (size_t dim = 0; dim < shape.size(); ++dim)
    shape[dim] += padding.low[dim] + padding.high[dim];
  if (ShapeRef(shape) == input.shape())
    return node.setAlias(0);
  mlir::Value result = node.create<PadOp>(shape, input.value, padding.low, padding.high,
                                          llvm::APFloat(padding.value));
  node.setResult({result, input.isChannelsLast});
}

void qopt::onnx::addMovementOperators(OperatorTable &table) {
  table.add({{"Transpose", importTranspose, foldTranspose, 1},
             {"Concat", importConcat, foldConcat},
             {"Pad", importPad, nullptr, 4}});
}

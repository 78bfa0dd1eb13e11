// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Slice of activations and constants, Gather of constants.
#include "Node.h"

#include "llvm/ADT/STLExtras.h"

using namespace qopt;
using namespace qopt::onnx;

namespace {
/// A strided box, one entry per dimension in the model's order.
struct Box {
  Shape starts, steps, sizes;
};
} // namespace

static void restrict(Box &box, int64_t dim, int64_t start, int64_t end, int64_t step) {
  int64_t size = box.sizes[dim];
  if (step == 0 || step == INT64_MIN)
    fail("its step is zero or out of range; the file is damaged, export the model again");
  auto clamped = [&](int64_t index) {
    index = index < 0 ? index + size : index;
    return step > 0 ? std::clamp<int64_t>(index, 0, size)
                    : std::clamp<int64_t>(index, -1, size - 1);
  };
  start = clamped(start);
  end = clamped(end);
  int64_t distance = step > 0 ? end - start : start - end;
  int64_t stride = step > 0 ? step : -step;
  box.starts[dim] = start;
  box.steps[dim] = step;
  box.sizes[dim] = distance <= 0 ? 0 : (distance - 1) / stride + 1;
}

static Box readBox(const Node &node) {
  int64_t rank = node.getRank(0);
  Box box{Shape(rank, 0), Shape(rank, 1), Shape(node.getShape(0))};
  Shape starts = node.getIntsOrInput("starts", 1).value_or(Shape());
  Shape ends = node.getIntsOrInput("ends", 2).value_or(Shape());
  Shape axes = node.getIntsOrInput("axes", 3).value_or(countUp(starts.size()));
  Shape steps = node.getIntsOrInput("steps", 4).value_or(Shape(starts.size(), 1));
  size_t count = starts.size();
  if (ends.size() != count || axes.size() != count || steps.size() != count)
    fail("its starts, ends, axes and steps differ in number; export the model again");
  Shape seen;
  for (size_t i = 0; i < count; ++i) {
    int64_t dim = node.normalizeAxis(axes[i], rank);
    if (llvm::is_contained(seen, dim))
      fail("its axes " + toString(axes) + " repeat; the file is damaged, export the model again");
    seen.push_back(dim);
    restrict(box, dim, starts[i], ends[i], steps[i]);
  }
  return box;
}

static void foldSlice(Node &node) {
  const Tensor &tensor = node.getConstant(0, "the operand");
  Box box = readBox(node);
  node.reserve(tensor.kind, box.sizes);
  Shape strides = rowMajorStrides(tensor.shape);
  int64_t start = 0;
  for (size_t dim = 0; dim < strides.size(); ++dim) {
    start += box.starts[dim] * strides[dim];
    strides[dim] *= box.sizes[dim] > 1 ? box.steps[dim] : 0;
  }
  node.setTensor(stridedView(tensor, box.sizes, start, strides));
}

static void importSlice(Node &node) {
  Box box = readBox(node);
  for (size_t dim = 0; dim < box.steps.size(); ++dim) {
    if (box.sizes[dim] <= 1)
      box.steps[dim] = 1;
    if (box.steps[dim] < 1 || box.sizes[dim] < 1)
      fail("it reverses or empties dimension " + llvm::Twine(dim) +
           " of an activation, which is not supported; remove it from the model");
  }
  Activation input = node.getAny(0);
  if (input.isChannelsLast) {
    box.starts = permute(box.starts, kToChannelsLast);
    box.steps = permute(box.steps, kToChannelsLast);
    box.sizes = permute(box.sizes, kToChannelsLast);
  }
  if (ShapeRef(box.sizes) == input.shape())
    return node.setAlias(0);
  mlir::Value result = node.create<SliceOp>(box.sizes, input.value, box.starts, box.steps);
  node.setResult({result, input.isChannelsLast});
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static void foldGather(Node &node) {
  const Tensor &tensor = node.getConstant(0, "the operand");
  const Tensor &indices = node.getIntegerConstant(1, "the indices");
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), tensor.shape.size());
  ShapeRef before = ShapeRef(tensor.shape).take_front(axis);
  ShapeRef after = ShapeRef(tensor.shape).drop_front(axis + 1);
  Shape shape(before);
  shape.append(indices.shape.begin(), indices.shape.end());
  shape.append(after.begin(), after.end());
  node.reserve(tensor.kind, shape);
  int64_t rows = elementCount(before), size = tensor.shape[axis], block = elementCount(after);
  std::vector<int64_t> sources;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t index : indices.integers) {
      int64_t position = node.normalizeAxis(index, size);
      for (int64_t i = 0; i < block; ++i)
        sources.push_back((row * size + position) * block + i);
    }
  node.setTensor(gather(tensor, sources, shape));
}

void qopt::onnx::addSlicingOperators(OperatorTable &table) {
  table.add({{"Slice", importSlice, foldSlice, 5}, {"Gather", nullptr, foldGather, 2}});
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops over the elements of several tensors at once.
#include "IterationSpace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qopt::codegen {

/// Elements of a linear walk that make one unit of work.
static constexpr int64_t kLinearUnit = 1024;
/// Elements below which a second task costs more than it saves.
static constexpr int64_t kElementsPerTask = 16384;

//===----------------------------------------------------------------------===//
// ElementView
//===----------------------------------------------------------------------===//

ElementView ElementView::dense(ArrayRef<int64_t> shape, int64_t elementBytes) {
  ElementView view;
  view.shape.assign(shape.begin(), shape.end());
  view.strides.resize(shape.size());
  view.elementBytes = elementBytes;
  int64_t stride = elementBytes;
  for (size_t d = shape.size(); d-- > 0; stride *= shape[d])
    view.strides[d] = stride;
  return view;
}

ElementView ElementView::of(RankedTensorType type, const BufferLayout &layout) {
  ElementView view = dense(type.getShape(), layout.elementBytes);
  if (type.getRank() == 4)
    view.strides = {layout.imageStride, layout.rowStride, layout.pixelStride, layout.elementBytes};
  else if (type.getRank() == 2)
    view.strides = {layout.imageStride, layout.elementBytes};
  return view;
}

ElementView ElementView::permute(ArrayRef<int64_t> permutation) const {
  ElementView view = *this;
  for (auto [d, from] : llvm::enumerate(permutation)) {
    view.shape[d] = shape[from];
    view.strides[d] = strides[from];
  }
  view.whole = false;
  return view;
}

ElementView ElementView::box(ArrayRef<int64_t> starts, ArrayRef<int64_t> steps,
                             ArrayRef<int64_t> box) const {
  ElementView view = *this;
  for (size_t d = 0; d < shape.size(); ++d) {
    view.offset += starts[d] * strides[d];
    view.strides[d] = strides[d] * steps[d];
    view.shape[d] = box[d];
  }
  view.whole = false;
  return view;
}

ElementView ElementView::broadcast(ArrayRef<int64_t> target) const {
  ElementView view = *this;
  view.shape.assign(target.begin(), target.end());
  view.strides.assign(target.size(), 0);
  size_t missing = target.size() - shape.size();
  for (size_t d = 0; d < shape.size(); ++d)
    if (shape[d] == target[missing + d])
      view.strides[missing + d] = strides[d];
  view.whole = whole && ArrayRef<int64_t>(shape) == target;
  return view;
}

static void printList(llvm::raw_ostream &stream, ArrayRef<int64_t> numbers) {
  stream << "[";
  llvm::interleave(numbers, stream, ",");
  stream << "]";
}

std::string ElementView::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  printList(stream, shape);
  printList(stream, strides);
  stream << elementBytes << "+" << offset;
  return text;
}

//===----------------------------------------------------------------------===//
// IterationSpace
//===----------------------------------------------------------------------===//

IterationSpace::IterationSpace(ArrayRef<ElementView> views) {
  shape = views.front().shape;
  if (shape.empty())
    shape.push_back(1);
  strides.resize(shape.size());
  for (const ElementView &view : views) {
    offsets.push_back(view.offset);
    elementBytes.push_back(view.elementBytes);
    for (size_t d = 0; d < shape.size(); ++d)
      strides[d].push_back(d < view.strides.size() ? view.strides[d] : view.elementBytes);
  }
  absorbPadding(views);
  mergeDimensions();
}

/// Where all tensors have pixels of the same, padded size, the padding is walked as data: garbage
/// in, garbage out, and rows become one run.
void IterationSpace::absorbPadding(ArrayRef<ElementView> views) {
  if (shape.size() != 4)
    return;
  int64_t pixel = strides[2].front() / elementBytes.front();
  if (pixel <= shape[3])
    return;
  for (auto [v, view] : llvm::enumerate(views))
    if (!view.whole || strides[3][v] != elementBytes[v] || strides[2][v] != pixel * elementBytes[v])
      return;
  shape[3] = pixel;
}

void IterationSpace::mergeDimensions() {
  for (size_t d = shape.size(); d-- > 0 && shape.size() > 1;) {
    if (shape[d] == 1) {
      shape.erase(shape.begin() + d), strides.erase(strides.begin() + d);
      continue;
    }
    if (d + 1 >= shape.size())
      continue;
    bool contiguous = true;
    for (size_t v = 0; v < offsets.size(); ++v)
      contiguous &= strides[d][v] == shape[d + 1] * strides[d + 1][v];
    if (!contiguous)
      continue;
    shape[d + 1] *= shape[d];
    shape.erase(shape.begin() + d), strides.erase(strides.begin() + d);
  }
}

bool IterationSpace::innerIsContiguous() const {
  for (auto [stride, bytes] : llvm::zip_equal(strides.back(), elementBytes))
    if (stride != bytes && stride != 0)
      return false;
  return true;
}

int64_t IterationSpace::getUnits() const {
  if (isLinear())
    return llvm::divideCeil(shape[0], kLinearUnit);
  int64_t units = 1;
  for (size_t d = 0; d < numUnitDims(); ++d)
    units *= shape[d];
  return units;
}

int64_t IterationSpace::getMinUnitsPerTask() const {
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  int64_t perUnit = std::max<int64_t>(1, elements / getUnits());
  return std::max<int64_t>(1, kElementsPerTask / perUnit);
}

std::string IterationSpace::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (ArrayRef<int64_t> list :
       {ArrayRef<int64_t>(shape), ArrayRef<int64_t>(offsets), ArrayRef<int64_t>(elementBytes)})
    printList(stream, list);
  for (const auto &dimension : strides)
    printList(stream, dimension);
  return text;
}

SmallVector<Value> IterationSpace::advance(Emitter &emit, ValueRange addresses, size_t dim,
                                           Value index) const {
  SmallVector<Value> next;
  for (auto [v, address] : llvm::enumerate(addresses)) {
    int64_t stride = strides[dim][v];
    next.push_back(stride == 0 ? address : emit.address(address, emit.mul(index, stride)));
  }
  return next;
}

void IterationSpace::emitGroup(ValueRange addresses, int64_t width, Body body) const {
  SmallVector<Access> accesses;
  for (auto [v, address] : llvm::enumerate(addresses))
    accesses.push_back({address, strides.back()[v]});
  body(accesses, width);
}

void IterationSpace::emitUnit(Emitter &emit, ValueRange addresses, size_t dim, int64_t lanes,
                              Body body) const {
  if (dim + 1 < shape.size())
    return emit.forLoop(0, shape[dim], 1, [&](Value i) {
      emitUnit(emit, advance(emit, addresses, dim, i), dim + 1, lanes, body);
    });
  emit.forElements(shape[dim], lanes, [&](Value first, int64_t width) {
    emitGroup(advance(emit, addresses, dim, first), width, body);
  });
}

void IterationSpace::emit(Emitter &emit, ValueRange pointers, Value begin, Value end, int64_t lanes,
                          Body body) const {
  if (!innerIsContiguous())
    lanes = 1;
  SmallVector<Value> bases;
  for (auto [pointer, offset] : llvm::zip(pointers, offsets))
    bases.push_back(emit.address(pointer, offset));
  if (isLinear()) {
    Value last = arith::MinUIOp::create(emit.builder, emit.loc, emit.mul(end, kLinearUnit),
                                        emit.index(shape[0]));
    return emit.forElements(emit.mul(begin, kLinearUnit), last, lanes,
                            [&](Value first, int64_t width) {
                              emitGroup(advance(emit, bases, 0, first), width, body);
                            });
  }
  emit.forLoop(begin, end, 1, [&](Value unit) {
    SmallVector<Value> addresses = bases;
    Value rest = unit;
    for (size_t d = numUnitDims(); d-- > 0;) {
      Value index = rest;
      if (d > 0) {
        Value size = emit.index(shape[d]);
        index = arith::RemUIOp::create(emit.builder, emit.loc, rest, size);
        rest = arith::DivUIOp::create(emit.builder, emit.loc, rest, size);
      }
      addresses = advance(emit, addresses, d, index);
    }
    emitUnit(emit, addresses, numUnitDims(), lanes, body);
  });
}

} // namespace qopt::codegen

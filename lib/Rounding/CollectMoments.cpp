// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CollectMoments.h"

#include "qopt/ExecutionEngine/FloatEngine.h"
#include "qopt/ExecutionEngine/ParallelFor.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace qopt;
using numerics::InputMoments;

/// A copy of `function`, outside of any module, that returns `value` and computes nothing else.
static OwningOpRef<func::FuncOp> cloneUpTo(func::FuncOp function, Value value) {
  llvm::SetVector<Operation *> needed;
  if (value.getDefiningOp()) {
    BackwardSliceOptions slice;
    slice.inclusive = true;
    (void)getBackwardSlice(value, &needed, slice);
  }
  OwningOpRef<func::FuncOp> copy(function.cloneWithoutRegions());
  copy->removeResAttrsAttr();
  copy->setFunctionType(
      FunctionType::get(function.getContext(), function.getArgumentTypes(), value.getType()));
  Block *block = copy->addEntryBlock();
  IRMapping mapping;
  mapping.map(function.getArguments(), block->getArguments());
  OpBuilder builder = OpBuilder::atBlockEnd(block);
  for (Operation &op : function.getOps())
    if (needed.contains(&op))
      builder.clone(op, mapping);
  func::ReturnOp::create(builder, value.getLoc(), mapping.lookup(value));
  return copy;
}

namespace {

class Collection {
public:
  Collection(const LayerGeometry &geometry, const SampleSource &source, const FloatEngine &engine,
             size_t elements)
      : geometry(geometry), source(source), engine(engine), elements(elements) {}

  llvm::Expected<std::vector<InputMoments>> run(unsigned threads) const;

private:
  std::vector<InputMoments> makeEmpty() const {
    return std::vector<InputMoments>(geometry.groups(), InputMoments(geometry.inputs()));
  }
  llvm::Expected<std::vector<InputMoments>> observe(int64_t batch) const;

  const LayerGeometry &geometry;
  const SampleSource &source;
  const FloatEngine &engine;
  size_t elements;
};

} // namespace

llvm::Expected<std::vector<InputMoments>> Collection::observe(int64_t batch) const {
  auto inputs = source.getBatch(batch);
  if (!inputs)
    return inputs.takeError();
  SmallVector<ArrayRef<float>> views(inputs->begin(), inputs->end());
  std::vector<float> activation(elements);
  MutableArrayRef<float> output(activation);
  if (llvm::Error error = engine.run(views, nullptr, output))
    return std::move(error);
  std::vector<InputMoments> moments = makeEmpty();
  for (auto [group, own] : llvm::enumerate(moments))
    geometry.forEachVector(activation, static_cast<int64_t>(group),
                           [&own = own](ArrayRef<double> vectors) { own.add(vectors); });
  return moments;
}

/// A block holds one matrix per thread, so that memory does not depend on the amount of data.
llvm::Expected<std::vector<InputMoments>> Collection::run(unsigned threads) const {
  std::vector<InputMoments> total = makeEmpty();
  int64_t count = source.numBatches(), block = std::max(1u, threads);
  for (int64_t begin = 0; begin < count; begin += block) {
    std::vector<std::vector<InputMoments>> parts(std::min(block, count - begin));
    llvm::Error error = parallelFor(threads, parts.size(), [&](int64_t index) -> llvm::Error {
      auto moments = observe(begin + index);
      if (!moments)
        return moments.takeError();
      parts[index] = std::move(*moments);
      return llvm::Error::success();
    });
    if (error)
      return std::move(error);
    for (const std::vector<InputMoments> &part : parts)
      for (auto [sum, own] : llvm::zip_equal(total, part))
        sum.merge(own);
  }
  return total;
}

llvm::Expected<std::vector<InputMoments>>
qopt::collectMoments(func::FuncOp function, WeightedOpInterface layer,
                     const LayerGeometry &geometry, const SampleSource &source, unsigned threads) {
  Value activation = layer.getActivationValue();
  OwningOpRef<func::FuncOp> prefix = cloneUpTo(function, activation);
  auto engine = createFloatEngine(*prefix);
  if (!engine)
    return engine.takeError();
  size_t elements = cast<RankedTensorType>(activation.getType()).getNumElements();
  return Collection(geometry, source, **engine, elements).run(threads);
}

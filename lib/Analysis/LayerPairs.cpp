// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Analysis/LayerPairs.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/StringMap.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

/// Ops whose results have the errors of their operands.
static bool onlyMoves(Operation *op) {
  return isa<ConcatOp, PadOp, ReshapeOp, TransposeOp, SliceOp, ResizeNearestOp>(op);
}

/// The addition that reads `convolution`, if nothing else does.
static Operation *getAddition(Operation *convolution) {
  if (!convolution->hasOneUse())
    return nullptr;
  Operation *user = *convolution->user_begin();
  return isa<AddOp>(user) ? user : nullptr;
}

static Operation *findExact(const StringMap<Operation *> &layers, Operation *quantized) {
  Operation *exact = layers.lookup(getLayerName(quantized));
  auto convolution = dyn_cast<Conv2DOp>(quantized);
  if (exact && convolution && convolution.getResidual())
    return getAddition(exact);
  return exact;
}

static ArrayRef<int64_t> getShape(Operation *op) {
  return cast<ShapedType>(op->getResult(0).getType()).getShape();
}

std::vector<LayerPair> pairLayers(func::FuncOp exact, func::FuncOp quantized) {
  StringMap<Operation *> layers;
  for (Operation &op : exact.front())
    if (op.hasAttr(kLayerAttr))
      layers[getLayerName(&op)] = &op;

  std::vector<LayerPair> pairs;
  for (auto [position, op] : enumerate(quantized.front())) {
    if (!op.hasAttr(kLayerAttr) || onlyMoves(&op))
      continue;
    Operation *match = findExact(layers, &op);
    if (match && getShape(match) == getShape(&op))
      pairs.push_back({getLayerName(match).str(), match, &op, static_cast<int64_t>(position)});
  }
  return pairs;
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"

#include <algorithm>
#include <limits>

using namespace mlir;
using namespace qopt;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float ClampBounds::apply(float value, size_t channel) const {
  return std::min(std::max(value, low(channel)), high(channel));
}

static bool isAll(ArrayRef<float> bounds, float value) {
  return llvm::all_of(bounds, [&](float bound) { return bound == value; });
}

bool ClampBounds::isIdentity() const { return isAll(min, -kInfinity) && isAll(max, kInfinity); }

/// One bound where all channels agree.
static void shrink(SmallVector<float> &bounds) {
  if (isAll(bounds, bounds.front()))
    bounds.resize(1);
}

ClampBounds ClampBounds::followedBy(const ClampBounds &next) const {
  size_t count = std::max({min.size(), max.size(), next.min.size(), next.max.size()});
  ClampBounds result;
  for (size_t channel = 0; channel < count; ++channel) {
    result.min.push_back(next.apply(low(channel), channel));
    result.max.push_back(next.apply(high(channel), channel));
  }
  shrink(result.min);
  shrink(result.max);
  return result;
}

static SmallVector<float> getBounds(DenseF32ArrayAttr attribute, float none) {
  if (!attribute || attribute.empty())
    return {none};
  return SmallVector<float>(attribute.asArrayRef());
}

ClampBounds qopt::getClampBounds(ClampedOpInterface op) {
  return {getBounds(op.getClampMinAttr(), -kInfinity), getBounds(op.getClampMaxAttr(), kInfinity)};
}

void qopt::setClampBounds(ClampedOpInterface op, const ClampBounds &bounds) {
  auto makeAttr = [&](ArrayRef<float> values, float none) {
    return isAll(values, none) ? DenseF32ArrayAttr()
                               : DenseF32ArrayAttr::get(op->getContext(), values);
  };
  op.setClampMinAttr(makeAttr(bounds.min, -kInfinity));
  op.setClampMaxAttr(makeAttr(bounds.max, kInfinity));
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerCosts.h"

#include "qopt/Codegen/DotLayer.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/DotPeak.h"

#include <cmath>

using namespace llvm;
using namespace mlir;

namespace qopt {

static int64_t bytesOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return 0;
  mlir::Type element = type.getElementType();
  bool isWord = element.isF32() || element.isInteger(32);
  return type.getNumElements() * (isWord ? 4 : 1);
}

/// Share of the taps of a kernel that meet the input: products with the border are not counted.
static double shareInside(const WindowDim &dim, int64_t input, int64_t output) {
  int64_t taps = 0;
  for (int64_t at = 0; at < output; ++at)
    taps += codegen::tapsInside(dim, input, at, at).count();
  return static_cast<double>(taps) / (dim.kernel * output);
}

template <typename ConvOp>
static double shareInside(ConvOp op, ArrayRef<int64_t> kernel, ArrayRef<int64_t> result) {
  ArrayRef<int64_t> input = cast<RankedTensorType>(op.getInput().getType()).getShape();
  Window window = Window::get(kernel, op.getStrides(), op.getPads(), op.getDilations());
  return shareInside(window.height, input[1], result[1]) *
         shareInside(window.width, input[2], result[2]);
}

void addCosts(Operation *op, LayerTime &layer) {
  for (Value operand : op->getOperands())
    layer.bytes += bytesOf(operand);
  for (Value result : op->getResults())
    layer.bytes += bytesOf(result);
  if (!isa<Conv2DOp, DepthwiseConv2DOp, MatmulOp>(op))
    return;
  auto weights = cast<RankedTensorType>(op->getOperand(1).getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  int64_t pixels = result.getNumElements() / result.getShape().back();
  double products = static_cast<double>(pixels) * weights.getNumElements();
  if (auto conv = dyn_cast<Conv2DOp>(op))
    products *= shareInside(conv, weights.getShape().slice(1, 2), result.getShape());
  else if (auto depthwise = dyn_cast<DepthwiseConv2DOp>(op))
    products *= shareInside(depthwise, weights.getShape().take_front(2), result.getShape());
  layer.macs = std::llround(products);
}

Expected<MachineRates> MachineRates::measure(StringRef name) {
  Expected<const Target *> target = lookupTarget(name);
  if (!target)
    return target.takeError();
  Expected<double> peak = measureDotPeak(**target);
  if (!peak)
    return peak.takeError();
  return MachineRates{*peak, measureReadBandwidth()};
}

json::Object MachineRates::toJson() const {
  return json::Object{{"peak_gmac_per_s", macsPerSecond * 1e-9},
                      {"read_gb_per_s", bytesPerSecond * 1e-9}};
}

json::Object MachineRates::describe(const LayerTime &layer) const {
  json::Object object{
      {"layer", json::fixUTF8(layer.layer)}, {"kernel", layer.kernel}, {"min_ms", layer.minMs}};
  object["macs"] = layer.macs;
  object["bytes"] = layer.bytes;
  double dots = macsPerSecond > 0 ? 1e3 * layer.macs / macsPerSecond : 0;
  double memory = 1e3 * layer.bytes / bytesPerSecond;
  if (dots > 0 && layer.minMs > 0)
    object["share_of_peak"] = dots / layer.minMs;
  object["roofline_ms"] = std::max(dots, memory);
  object["bound"] = dots > memory ? "dots" : "memory";
  return object;
}

} // namespace qopt

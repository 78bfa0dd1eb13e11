// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerCosts.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/DotPeak.h"

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
  layer.macs = pixels * weights.getNumElements();
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
  json::Object object{{"layer", layer.layer}, {"kernel", layer.kernel}, {"min_ms", layer.minMs}};
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

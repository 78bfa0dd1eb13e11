// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The traits of every op, and the checks that several ops share.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace qopt;

//===----------------------------------------------------------------------===//
// Traits
//===----------------------------------------------------------------------===//

/// Tensors larger than this come from broken files; sizes computed from them would overflow.
constexpr int64_t kMaxElements = int64_t(1) << 40;

static LogicalResult verifyElementCount(Operation *op, RankedTensorType type) {
  int64_t count = 1;
  for (int64_t size : type.getShape()) {
    if (size < 1)
      return op->emitOpError("has a tensor without elements");
    if (size > kMaxElements || count > kMaxElements / size)
      return op->emitOpError("has a tensor of more than 2^40 elements");
    count *= size;
  }
  return success();
}

static LogicalResult verifyQuantType(Operation *op, RankedTensorType tensor) {
  quant::QuantizedType type = getQuantizedElementType(tensor);
  if (!type)
    return success();
  if (type.getStorageTypeIntegralWidth() > 8 && type.getStorageTypeIntegralWidth() != 16)
    return op->emitOpError("has a quantized type with ")
           << type.getStorageTypeIntegralWidth() << " bits of storage, expected 1 to 8, or 16";
  if (!type.getExpressedType().isF32())
    return op->emitOpError("has a quantized type that does not express f32");
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    int32_t axis = perAxis.getQuantizedDimension();
    if (axis < 0 || axis >= tensor.getRank())
      return op->emitOpError("has a type quantized along dimension ")
             << axis << " of a tensor of rank " << tensor.getRank();
    if (static_cast<int64_t>(perAxis.getScales().size()) != tensor.getDimSize(axis))
      return op->emitOpError("has a type with ")
             << perAxis.getScales().size() << " scales along dimension " << axis << " of size "
             << tensor.getDimSize(axis);
  }
  return qopt::detail::verifyQuantParams(op, type);
}

/// Scales must be f32 numbers because every formula of the numeric contract computes with them as
/// such; zero points must be stored values because padding stores them.
LogicalResult qopt::detail::verifyQuantParams(Operation *op, quant::QuantizedType type) {
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(type)) {
    scales.push_back(perTensor.getScale());
    zeroPoints.push_back(perTensor.getZeroPoint());
  } else if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    llvm::append_range(scales, perAxis.getScales());
    llvm::append_range(zeroPoints, perAxis.getZeroPoints());
  }
  for (double scale : scales)
    if (!std::isfinite(scale) || scale <= 0 ||
        static_cast<double>(static_cast<float>(scale)) != scale)
      return op->emitOpError("has a scale that is not a positive finite f32 number: ") << scale;
  for (int64_t zeroPoint : zeroPoints)
    if (zeroPoint < type.getStorageTypeMin() || zeroPoint > type.getStorageTypeMax())
      return op->emitOpError("has the zero point ")
             << zeroPoint << " outside of its storage bounds " << type.getStorageTypeMin() << ".."
             << type.getStorageTypeMax();
  return success();
}

LogicalResult qopt::detail::verifyQuantTypes(Operation *op) {
  auto verifyType = [&](Type type) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return success();
    if (failed(verifyElementCount(op, tensor)))
      return failure();
    return verifyQuantType(op, tensor);
  };
  for (Type type : op->getOperandTypes())
    if (failed(verifyType(type)))
      return failure();
  for (Type type : op->getResultTypes())
    if (failed(verifyType(type)))
      return failure();
  return success();
}

/// The bias has its own rule (C5), and integer tables are no activations.
LogicalResult qopt::detail::verifyOneLevel(Operation *op) {
  auto weighted = dyn_cast<WeightedOpInterface>(op);
  bool hasFloat = false, hasQuantized = false;
  for (Value operand : op->getOperands()) {
    if (weighted && operand == weighted.getBiasValue())
      continue;
    hasQuantized |= isQuantized(operand);
    hasFloat |= getElementTypeOrSelf(operand).isF32();
  }
  if (hasFloat && hasQuantized)
    return op->emitOpError("mixes float and quantized operands");
  bool givesFloat = isa<WeightedOpInterface, SoftmaxOp>(op);
  for (Value result : op->getResults()) {
    if (isQuantized(result) && hasFloat)
      return op->emitOpError("gives a quantized result from float operands");
    if (!isQuantized(result) && hasQuantized && !givesFloat)
      return op->emitOpError("gives a float result from quantized operands");
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Shared checks
//===----------------------------------------------------------------------===//

LogicalResult qopt::detail::verifyNumbers(Operation *op, StringRef label, StringRef what,
                                          ArrayRef<int64_t> values, size_t count, int64_t least) {
  bool inside = llvm::all_of(values, [&](int64_t value) {
    return value >= least && value <= std::numeric_limits<int32_t>::max();
  });
  if (values.size() == count && inside)
    return success();
  return op->emitOpError(label) << ": expected " << count << " " << what << " of at least "
                                << least;
}

LogicalResult qopt::detail::verifyWindow(Operation *op, StringRef label, ArrayRef<int64_t> strides,
                                         ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations) {
  if (failed(verifyNumbers(op, label, "strides", strides, 2, 1)) ||
      failed(verifyNumbers(op, label, "pads", pads, 4, 0)))
    return failure();
  return verifyNumbers(op, label, "dilations", dilations, 2, 1);
}

LogicalResult qopt::detail::verifyPadsInsideWindow(Operation *op, StringRef label,
                                                   const Window &window) {
  for (const WindowDim &dim : {window.height, window.width})
    if (dim.padLow >= dim.extent() || dim.padHigh >= dim.extent())
      return op->emitOpError(label) << ": expected pads less than the window's extent";
  return success();
}

LogicalResult qopt::detail::verifyRank(Operation *op, StringRef label, StringRef what, Value value,
                                       int64_t rank) {
  int64_t actual = getShape(value).size();
  if (actual == rank)
    return success();
  return op->emitOpError(label) << ": expected " << what << " of rank " << rank << ", got "
                                << actual;
}

static std::string formatShape(ArrayRef<int64_t> shape) {
  std::string text = "[";
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(shape, os);
  os << "]";
  return text;
}

LogicalResult qopt::detail::verifyShape(Operation *op, StringRef label, StringRef what, Value value,
                                        ArrayRef<int64_t> expected) {
  ArrayRef<int64_t> actual = getShape(value);
  if (actual == expected)
    return success();
  return op->emitOpError(label) << ": expected " << what << " of shape " << formatShape(expected)
                                << ", got " << formatShape(actual);
}

LogicalResult qopt::detail::verifyWindowShape(Operation *op, StringRef label, const Window &window,
                                              Value input, Value output, int64_t channels) {
  ArrayRef<int64_t> shape = getShape(input);
  int64_t height = window.height.outputSize(shape[1]);
  int64_t width = window.width.outputSize(shape[2]);
  if (height <= 0 || width <= 0)
    return op->emitOpError(label) << ": the window is larger than the padded input";
  return verifyShape(op, label, "a result", output, {shape[0], height, width, channels});
}

LogicalResult qopt::detail::verifyClamp(Operation *op, StringRef label,
                                        std::optional<ArrayRef<float>> min,
                                        std::optional<ArrayRef<float>> max, int64_t channels) {
  for (const std::optional<ArrayRef<float>> &bounds : {min, max}) {
    if (!bounds)
      continue;
    int64_t count = bounds->size();
    if (count != 1 && count != channels)
      return op->emitOpError(label)
             << ": expected 1 or " << channels << " clamp bounds, got " << count;
    if (llvm::any_of(*bounds, [](float bound) { return std::isnan(bound); }))
      return op->emitOpError(label) << ": a clamp bound is NaN";
  }
  if (!min || !max)
    return success();
  for (size_t i = 0, e = std::max(min->size(), max->size()); i < e; ++i) {
    float low = (*min)[min->size() == 1 ? 0 : i], high = (*max)[max->size() == 1 ? 0 : i];
    if (low > high)
      return op->emitOpError(label)
             << ": the lower clamp bound " << low << " exceeds the upper bound " << high;
  }
  return success();
}

LogicalResult qopt::detail::verifyPerTensor(Operation *op, StringRef label, ValueRange values) {
  for (Value value : values)
    if (isa_and_nonnull<quant::UniformQuantizedPerAxisType>(
            getQuantizedElementType(value.getType())))
      return op->emitOpError(label) << ": expected types quantized per tensor";
  return success();
}

LogicalResult qopt::detail::verifySameElementType(Operation *op, StringRef label, Value input,
                                                  Value output) {
  if (getElementTypeOrSelf(input) == getElementTypeOrSelf(output))
    return success();
  return op->emitOpError(label) << ": expected the element type of the input in the result";
}

int64_t qopt::detail::multiplySizes(int64_t a, int64_t b) {
  int64_t product;
  return llvm::MulOverflow(a, b, product) ? std::numeric_limits<int64_t>::max() : product;
}

int64_t qopt::detail::getChannels(Value value) {
  ArrayRef<int64_t> shape = getShape(value);
  return shape.empty() ? 1 : shape.back();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of constants, observers, simulated quantization and the casts between levels.
#include "VerifierUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::detail;

//===----------------------------------------------------------------------===//
// ConstantOp
//===----------------------------------------------------------------------===//

/// Bytes of one element at rest: quantized values live in i8 (16-bit ones in i16) containers.
static int64_t getElementBytes(Type elementType) {
  if (quant::QuantizedType quantized = getQuantizedElementType(elementType))
    return quantized.getStorageTypeIntegralWidth() > 8 ? 2 : 1;
  return elementType.getIntOrFloatBitWidth() / 8;
}

static LogicalResult verifyResource(ConstantOp op, DenseResourceElementsAttr resource) {
  StringRef name = resource.getRawHandle().getKey();
  if (!resource.getRawHandle().getBlob())
    return op.emitOpError("C2: the resource '") << name << "' is missing";
  RankedTensorType type = op.getType();
  int64_t expected = type.getNumElements() * getElementBytes(type.getElementType());
  int64_t actual = op.getRawBytes().size();
  if (actual != expected)
    return op.emitOpError("C2: the resource '")
           << name << "' has " << actual << " bytes, its type needs " << expected;
  return success();
}

/// A splat of a few bytes may stand for terabytes, which readers would allocate.
constexpr int64_t kMaxSplatElements = int64_t(1) << 28;

LogicalResult ConstantOp::verify() {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(getValue()))
    return verifyResource(*this, resource);
  Type elementType = getType().getElementType();
  bool plain = elementType.isF32() || elementType.isInteger(32) || elementType.isInteger(8);
  if (!isa<DenseElementsAttr>(getValue()) || !plain)
    return emitOpError("C3: expected dense_resource, or dense of f32, i32 or i8");
  if (getType().getNumElements() > kMaxSplatElements)
    return emitOpError("C3: expected at most 2^28 elements in a dense constant");
  return success();
}

//===----------------------------------------------------------------------===//
// ObserveOp, FakeQuantOp
//===----------------------------------------------------------------------===//

LogicalResult ObserveOp::verify() {
  if (std::optional<ArrayRef<float>> range = getRange())
    if (range->size() != 2 || !std::isfinite((*range)[0]) || !std::isfinite((*range)[1]) ||
        (*range)[0] > (*range)[1])
      return emitOpError("C1: `range` must be two finite numbers in ascending order");
  if (getName().empty())
    return emitOpError("C2: `name` must not be empty");
  return verifyShape(*this, "C3", "a result", getOutput(), getShape(getInput()));
}

LogicalResult FakeQuantOp::verify() {
  quant::QuantizedType type = getQuantizedElementType(getType());
  if (!type || type != getType())
    return emitOpError("C1: expected a uniform quantized type, per tensor or per axis");
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    ArrayRef<int64_t> shape = getShape(getInput());
    int64_t axis = perAxis.getQuantizedDimension();
    if (axis < 0 || axis >= static_cast<int64_t>(shape.size()) ||
        shape[axis] != static_cast<int64_t>(perAxis.getScales().size()))
      return emitOpError("C1: expected as many scales as dimension ") << axis << " has elements";
  }
  if (failed(verifyQuantParams(*this, type)))
    return failure();
  return verifyShape(*this, "C2", "a result", getOutput(), getShape(getInput()));
}

//===----------------------------------------------------------------------===//
// QuantizeOp, DequantizeOp, RequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::verify() {
  return verifyShape(*this, "C1", "a result", getOutput(), getShape(getInput()));
}

LogicalResult DequantizeOp::verify() {
  return verifyShape(*this, "C1", "a result", getOutput(), getShape(getInput()));
}

LogicalResult RequantizeOp::verify() {
  if (failed(verifyShape(*this, "C1", "a result", getOutput(), getShape(getInput()))))
    return failure();
  return verifyPerTensor(*this, "C2", {getInput(), getOutput()});
}

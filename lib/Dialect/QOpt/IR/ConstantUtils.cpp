// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

#include <cstring>

using namespace mlir;
using namespace qopt;

ConstantOp qopt::getConstant(Value value) {
  while (auto fakeQuant = value.getDefiningOp<FakeQuantOp>())
    value = fakeQuant.getInput();
  return value.getDefiningOp<ConstantOp>();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Elements of type T, or none where the bytes are neither one splat nor exactly the type's.
template <typename T> static std::optional<SmallVector<T>> readElements(ConstantOp constant) {
  ArrayRef<char> bytes = constant.getRawBytes();
  size_t count = constant.getType().getNumElements();
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  bool isSplat = dense && dense.isSplat() && bytes.size() == sizeof(T);
  if (!isSplat && bytes.size() != count * sizeof(T))
    return std::nullopt;
  SmallVector<T> values(count);
  if (!isSplat) {
    if (count)
      std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  values.assign(count, value);
  return values;
}

std::optional<SmallVector<float>> qopt::getFloats(ConstantOp constant) {
  if (!constant.getType().getElementType().isF32())
    return std::nullopt;
  return readElements<float>(constant);
}

std::optional<SmallVector<int32_t>> qopt::getInt32s(ConstantOp constant) {
  if (!constant.getType().getElementType().isInteger(32))
    return std::nullopt;
  return readElements<int32_t>(constant);
}

std::optional<SmallVector<int32_t>> qopt::getCodes(ConstantOp constant) {
  Type elementType = constant.getType().getElementType();
  quant::QuantizedType quantized = getQuantizedElementType(elementType);
  if (!quantized && !elementType.isInteger(8))
    return std::nullopt;
  std::optional<SmallVector<int8_t>> bytes = readElements<int8_t>(constant);
  if (!bytes)
    return std::nullopt;
  bool isSigned = !quantized || quantized.isSigned();
  SmallVector<int32_t> codes;
  codes.reserve(bytes->size());
  for (int8_t byte : *bytes)
    codes.push_back(isSigned ? byte : static_cast<uint8_t>(byte));
  return codes;
}

ArrayRef<char> ConstantOp::getRawBytes() {
  if (auto dense = dyn_cast<DenseElementsAttr>(getValue()))
    return dense.getRawData();
  auto resource = dyn_cast<DenseResourceElementsAttr>(getValue());
  AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  return blob ? blob->getData() : ArrayRef<char>();
}

StringRef ConstantOp::getResourceName() {
  auto resource = dyn_cast<DenseResourceElementsAttr>(getValue());
  return resource ? resource.getRawHandle().getKey() : StringRef();
}

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

/// Blobs are aligned to 16 bytes: bytecode read from a stream gives no more, and refuses files that
/// ask for 64.
constexpr size_t kBlobAlignment = 16;

/// A constant over a copy of `values` under a name that no other resource has.
template <typename T>
static ConstantOp createConstant(OpBuilder &builder, Location loc, StringRef name,
                                 ArrayRef<int64_t> shape, Type elementType, ArrayRef<T> values) {
  auto type = RankedTensorType::get(shape, elementType);
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
  auto &manager = DenseResourceElementsHandle::getManagerInterface(builder.getContext());
  DenseResourceElementsHandle handle =
      manager.insert(name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, kBlobAlignment));
  ElementsAttr attribute = DenseResourceElementsAttr::get(type, handle);
  return ConstantOp::create(builder, loc, attribute);
}

ConstantOp qopt::createFloatConstant(OpBuilder &builder, Location loc, StringRef name,
                                     ArrayRef<int64_t> shape, ArrayRef<float> values) {
  return createConstant(builder, loc, name, shape, builder.getF32Type(), values);
}

ConstantOp qopt::createInt32Constant(OpBuilder &builder, Location loc, StringRef name,
                                     ArrayRef<int64_t> shape, ArrayRef<int32_t> values) {
  return createConstant(builder, loc, name, shape, builder.getI32Type(), values);
}

ConstantOp qopt::createCodeConstant(OpBuilder &builder, Location loc, StringRef name,
                                    ArrayRef<int64_t> shape, Type elementType,
                                    ArrayRef<int8_t> codes) {
  return createConstant(builder, loc, name, shape, elementType, codes);
}

//===----------------------------------------------------------------------===//
// Releasing
//===----------------------------------------------------------------------===//

size_t qopt::releaseUnusedResources(Operation *root) {
  llvm::StringSet<> used;
  root->walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](DenseResourceElementsAttr attribute) {
      used.insert(attribute.getRawHandle().getKey());
    });
  });
  auto &interface = DenseResourceElementsHandle::getManagerInterface(root->getContext());
  DialectResourceBlobManager &manager = interface.getBlobManager();
  SmallVector<std::string> unused;
  size_t bytes = 0;
  manager.getBlobMap([&](const llvm::StringMap<DialectResourceBlobManager::BlobEntry> &blobs) {
    for (const auto &entry : blobs) {
      const AsmResourceBlob *blob = entry.second.getBlob();
      if (!blob || used.contains(entry.first()))
        continue;
      unused.push_back(entry.first().str());
      bytes += blob->getData().size();
    }
  });
  for (StringRef name : unused)
    manager.update(name, AsmResourceBlob());
  return bytes;
}

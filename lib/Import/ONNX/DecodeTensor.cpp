// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DecodeTensor.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace qopt::onnx;

std::string qopt::onnx::elementTypeName(int32_t type) {
  if (proto::TensorProto_DataType_IsValid(type))
    return proto::TensorProto_DataType_Name(static_cast<proto::TensorProto_DataType>(type));
  return "number " + std::to_string(type);
}

Shape qopt::onnx::decodeShape(const proto::TensorProto &message, uint64_t maxBytes) {
  Shape shape(message.dims().begin(), message.dims().end());
  if (!countElements(shape, maxBytes / sizeof(float)))
    fail("shape " + toString(shape) + " has a negative dimension or needs more than " +
         llvm::Twine(maxBytes >> 20) + " MiB; the file is damaged, or this model is too large");
  return shape;
}

/// Elements of type `Stored`, little endian, each converted by `Element`.
template <typename Stored, typename Element>
static void decodeRaw(llvm::StringRef bytes, size_t count, std::vector<Element> &elements) {
  if (bytes.size() != count * sizeof(Stored))
    fail("its data has " + llvm::Twine(bytes.size()) + " bytes where its shape needs " +
         llvm::Twine(count * sizeof(Stored)) + "; export the model again");
  elements.reserve(count);
  for (size_t i = 0; i < count; ++i)
    elements.push_back(static_cast<Element>(llvm::support::endian::read<Stored>(
        bytes.data() + i * sizeof(Stored), llvm::endianness::little)));
}

template <typename Repeated, typename Element>
static void decodeRepeated(const Repeated &stored, size_t count, std::vector<Element> &elements) {
  if (static_cast<size_t>(stored.size()) != count)
    fail("it has " + llvm::Twine(stored.size()) + " elements where its shape needs " +
         llvm::Twine(count) + "; export the model again");
  elements.assign(stored.begin(), stored.end());
}

//===----------------------------------------------------------------------===//
// Tensors in files of their own
//===----------------------------------------------------------------------===//

namespace {
struct ExternalData {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};
} // namespace

static ExternalData parseExternalData(const proto::TensorProto &message) {
  ExternalData data;
  for (const proto::StringStringEntryProto &entry : message.external_data()) {
    llvm::StringRef value = entry.value();
    uint64_t number = 0;
    if (entry.key() == "location")
      data.location = entry.value();
    else if (entry.key() == "offset" && !value.getAsInteger(10, number))
      data.offset = number;
    else if (entry.key() == "length" && !value.getAsInteger(10, number))
      data.length = number;
    else if (entry.key() == "offset" || entry.key() == "length")
      fail("its external " + entry.key() + " " + quoted(value) +
           " is not a number; export the model again");
  }
  return data;
}

/// The path behind `location`; only files below the model's folder are opened.
static std::string resolveLocation(llvm::StringRef location, llvm::StringRef folder) {
  namespace path = llvm::sys::path;
  bool escapes = location.empty() || path::is_absolute(location);
  for (auto part = path::begin(location), end = path::end(location); part != end; ++part)
    escapes |= *part == "..";
  if (folder.empty() || escapes)
    fail("its data lies in " + quoted(location) +
         ", which is not a file inside the model's folder; save the model as one file");
  llvm::SmallString<256> joined(folder), real, realFolder;
  path::append(joined, location);
  if (llvm::sys::fs::real_path(joined, real) || llvm::sys::fs::real_path(folder, realFolder))
    fail("its data file " + quoted(location) + " cannot be opened; put it beside the model");
  path::append(realFolder, "");
  if (!real.str().starts_with(realFolder))
    fail("its data file " + quoted(location) +
         " is a link out of the model's folder; save the model as one file");
  return std::string(real);
}

static std::unique_ptr<llvm::MemoryBuffer>
openExternal(const proto::TensorProto &message, const TensorSource &source, uint64_t bytes) {
  ExternalData data = parseExternalData(message);
  std::string path = resolveLocation(data.location, source.folder);
  uint64_t size = 0;
  bool fits = !llvm::sys::fs::file_size(path, size) && data.offset <= size &&
              bytes <= size - data.offset && data.length.value_or(bytes) == bytes;
  if (!fits)
    fail("its data file " + quoted(data.location) + " does not hold the " + llvm::Twine(bytes) +
         " bytes that its shape needs; export the model again");
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, bytes, data.offset);
  if (!buffer)
    fail("its data file " + quoted(data.location) +
         " cannot be read: " + buffer.getError().message());
  return std::move(*buffer);
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

static void decodeElements(const proto::TensorProto &message, llvm::StringRef raw, bool isRaw,
                           Tensor &tensor) {
  size_t count = elementCount(tensor.shape);
  switch (message.data_type()) {
  case proto::TensorProto::FLOAT:
    return isRaw ? decodeRaw<float>(raw, count, tensor.floats)
                 : decodeRepeated(message.float_data(), count, tensor.floats);
  case proto::TensorProto::INT64:
    return isRaw ? decodeRaw<int64_t>(raw, count, tensor.integers)
                 : decodeRepeated(message.int64_data(), count, tensor.integers);
  case proto::TensorProto::INT32:
    return isRaw ? decodeRaw<int32_t>(raw, count, tensor.integers)
                 : decodeRepeated(message.int32_data(), count, tensor.integers);
  case proto::TensorProto::BOOL:
    return isRaw ? decodeRaw<uint8_t>(raw, count, tensor.integers)
                 : decodeRepeated(message.int32_data(), count, tensor.integers);
  default:
    fail("its element type is " + elementTypeName(message.data_type()) +
         " where FLOAT (INT32, INT64 or BOOL in shape arithmetic) is read; convert the model to "
         "32-bit floats");
  }
}

/// Integers are shapes, indices and masks.
static constexpr int64_t kMaxIntegers = 1 << 24;

static ElementKind kindOf(int32_t type) {
  if (type == proto::TensorProto::FLOAT)
    return ElementKind::Float;
  return type == proto::TensorProto::BOOL ? ElementKind::Boolean : ElementKind::Integer;
}

static Tensor decode(const proto::TensorProto &message, const TensorSource &source) {
  Tensor tensor;
  tensor.kind = kindOf(message.data_type());
  tensor.shape = decodeShape(message, source.maxBytes);
  if (tensor.kind != ElementKind::Float && elementCount(tensor.shape) > kMaxIntegers)
    fail("it has more than " + llvm::Twine(kMaxIntegers) +
         " integers, which no shape arithmetic needs; embeddings are not supported");
  if (message.has_segment())
    fail("it is stored in segments, which are not supported; export the model again");
  if (message.data_location() != proto::TensorProto::EXTERNAL) {
    decodeElements(message, message.raw_data(), message.has_raw_data(), tensor);
    return tensor;
  }
  uint64_t width = message.data_type() == proto::TensorProto::INT64  ? 8
                   : message.data_type() == proto::TensorProto::BOOL ? 1
                                                                     : 4;
  auto buffer = openExternal(message, source, elementCount(tensor.shape) * width);
  decodeElements(message, buffer->getBuffer(), /*isRaw=*/true, tensor);
  return tensor;
}

Tensor qopt::onnx::decodeTensor(const proto::TensorProto &message, llvm::StringRef name,
                                const TensorSource &source) {
  try {
    Tensor tensor = decode(message, source);
    tensor.name = name.str();
    return tensor;
  } catch (const ImportError &error) {
    fail("tensor " + quoted(name) + ": " + error.what());
  }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading. Formats: numpy.lib.format (versions 1 to 3) and the ZIP application note's stored
// members, found through the central directory.
#include "qopt/Support/ArrayFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace llvm::support;

namespace qopt {

static Error fail(StringRef path, const Twine &what) {
  return createStringError(inconvertibleErrorCode(), path + ": " + what);
}

namespace {
struct TypeCode {
  ArrayType type;
  StringRef code;
  int64_t bytes;
};
} // namespace

static constexpr TypeCode kTypeCodes[] = {{ArrayType::F32, "f4", 4}, {ArrayType::F64, "f8", 8},
                                          {ArrayType::I8, "i1", 1},  {ArrayType::U8, "u1", 1},
                                          {ArrayType::I16, "i2", 2}, {ArrayType::I32, "i4", 4},
                                          {ArrayType::I64, "i8", 8}};

int64_t getElementBytes(ArrayType type) { return kTypeCodes[static_cast<int>(type)].bytes; }
StringRef getTypeCode(ArrayType type) { return kTypeCodes[static_cast<int>(type)].code; }

int64_t ArrayView::numElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

/// The text after `'key':` in a NumPy header, or "".
static StringRef headerField(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return "";
  return header.substr(at + key.size() + 2).ltrim(" :");
}

static Error parseType(StringRef path, StringRef field, ArrayType &type) {
  field.consume_front("'");
  StringRef descr = field.take_until([](char c) { return c == '\''; });
  if (descr.starts_with(">"))
    return fail(path, "big-endian data ('" + descr + "'); save it with .astype('" +
                          descr.drop_front().str() + "')");
  for (const TypeCode &code : kTypeCodes)
    if (descr.drop_front(std::min<size_t>(1, descr.size())) == code.code) {
      type = code.type;
      return Error::success();
    }
  return fail(path, "element type '" + descr + "' is not supported; save it as float32");
}

static Error parseShape(StringRef path, StringRef field, SmallVectorImpl<int64_t> &shape) {
  if (!field.consume_front("("))
    return fail(path, "malformed NumPy header (shape)");
  SmallVector<StringRef> parts;
  field.take_until([](char c) { return c == ')'; }).split(parts, ',', -1, /*KeepEmpty=*/false);
  uint64_t count = 8; // the largest element
  for (StringRef part : parts) {
    int64_t size;
    if (part.trim().empty())
      continue;
    if (part.trim().getAsInteger(10, size) || size < 0)
      return fail(path, "malformed NumPy header (shape)");
    bool overflow = false;
    count = SaturatingMultiply<uint64_t>(count, std::max<int64_t>(size, 1), &overflow);
    if (overflow || count > uint64_t(INT64_MAX))
      return fail(path, "the shape in the NumPy header is impossibly large");
    shape.push_back(size);
  }
  return Error::success();
}

/// One array from the bytes of an .npy.
static Expected<ArrayView> parseArray(StringRef path, StringRef bytes) {
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 12)
    return fail(path, "not a NumPy file (.npy)");
  bool isVersion1 = bytes[6] == 1;
  size_t headerStart = isVersion1 ? 10 : 12;
  uint64_t headerSize =
      isVersion1 ? endian::read16le(bytes.data() + 8) : endian::read32le(bytes.data() + 8);
  if (headerStart + headerSize > bytes.size())
    return fail(path, "truncated in its NumPy header");
  StringRef header = bytes.substr(headerStart, headerSize);
  ArrayView view;
  if (Error error = parseType(path, headerField(header, "descr"), view.type))
    return std::move(error);
  if (!headerField(header, "fortran_order").starts_with("False"))
    return fail(path, "Fortran order is not supported; save np.ascontiguousarray(x)");
  if (Error error = parseShape(path, headerField(header, "shape"), view.shape))
    return std::move(error);
  uint64_t available = bytes.size() - headerStart - headerSize;
  if (uint64_t(view.numBytes()) > available)
    return fail(path, "truncated: the header promises " + Twine(view.numBytes()) +
                          " bytes of data, the file holds " + Twine(available));
  view.data = bytes.data() + headerStart + headerSize;
  return view;
}

namespace {
/// A member of a ZIP archive as the central directory describes it.
struct ZipMember {
  StringRef name, data;
  size_t nextEntry;
};
} // namespace

static Expected<ZipMember> readZipMember(StringRef path, StringRef zip, size_t entry) {
  if (entry + 46 > zip.size() || endian::read32le(zip.data() + entry) != 0x02014b50)
    return fail(path, "damaged ZIP directory");
  const char *p = zip.data() + entry;
  uint16_t method = endian::read16le(p + 10);
  uint64_t size = endian::read32le(p + 24);
  uint16_t nameSize = endian::read16le(p + 28), extraSize = endian::read16le(p + 30);
  uint64_t local = endian::read32le(p + 42);
  size_t next = entry + 46 + nameSize + extraSize + endian::read16le(p + 32);
  if (next > zip.size())
    return fail(path, "damaged ZIP directory");
  StringRef name = zip.substr(entry + 46, nameSize);
  if (method != 0)
    return fail(path, "member '" + name +
                          "' is compressed; save with np.savez, not "
                          "np.savez_compressed");
  if (size == 0xffffffff || local == 0xffffffff)
    return fail(path, "ZIP64 archives (4 GiB and more) are not supported; save as .npy");
  if (local + 30 > zip.size() || endian::read32le(zip.data() + local) != 0x04034b50)
    return fail(path, "damaged ZIP member '" + name + "'");
  uint64_t start = local + 30 + endian::read16le(zip.data() + local + 26) +
                   endian::read16le(zip.data() + local + 28);
  if (start + size > zip.size())
    return fail(path, "truncated ZIP member '" + name + "'");
  return ZipMember{name, zip.substr(start, size), next};
}

static Error parseZip(StringRef path, StringRef zip, std::vector<ArrayView> &views) {
  size_t end = zip.rfind(StringRef("PK\x05\x06", 4));
  if (end == StringRef::npos || end + 22 > zip.size())
    return fail(path, "truncated ZIP archive (.npz)");
  unsigned count = endian::read16le(zip.data() + end + 10);
  size_t entry = endian::read32le(zip.data() + end + 16);
  for (unsigned i = 0; i < count; ++i) {
    Expected<ZipMember> member = readZipMember(path, zip, entry);
    if (!member)
      return member.takeError();
    std::string where = (path + " (" + member->name + ")").str();
    Expected<ArrayView> view = parseArray(where, member->data);
    if (!view)
      return view.takeError();
    member->name.consume_back(".npy");
    view->name = member->name.str();
    views.push_back(std::move(*view));
    entry = member->nextEntry;
  }
  if (views.empty())
    return fail(path, "the archive holds no arrays");
  return Error::success();
}

Expected<ArrayFile> ArrayFile::open(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail(path, "cannot be read: " + buffer.getError().message());
  ArrayFile file;
  file.filePath = path.str();
  file.buffer = std::move(*buffer);
  StringRef bytes = file.buffer->getBuffer();
  if (bytes.starts_with("PK")) {
    if (Error error = parseZip(path, bytes, file.views))
      return std::move(error);
    return file;
  }
  Expected<ArrayView> view = parseArray(path, bytes);
  if (!view)
    return view.takeError();
  file.views.push_back(std::move(*view));
  return file;
}

Expected<const ArrayView *> ArrayFile::find(StringRef name) const {
  for (const ArrayView &view : views)
    if (view.name == name)
      return &view;
  if (views.size() == 1)
    return &views.front();
  return fail(filePath, "holds no array named '" + name + "'");
}

} // namespace qopt

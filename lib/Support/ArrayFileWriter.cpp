// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing .npy (format version 1.0) and stored .npz.
#include "qopt/Support/ArrayFile.h"

#include "qopt/Support/OutputFile.h"

#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

/// The .npy header, padded so that the data starts at a multiple of 64.
static std::string makeHeader(const ArrayView &array) {
  std::string dict;
  raw_string_ostream os(dict);
  os << "{'descr': '" << (getElementBytes(array.type) == 1 ? "|" : "<") << getTypeCode(array.type)
     << "', 'fortran_order': False, 'shape': (";
  for (int64_t size : array.shape)
    os << size << ", ";
  os << "), }";
  if (array.shape.size() > 1) // NumPy itself prints (2, 3), not (2, 3, )
    dict.erase(dict.rfind(", )"), 2);
  else if (array.shape.size() == 1)
    dict.erase(dict.rfind(" )"), 1);
  size_t total = alignTo(10 + dict.size() + 1, 64);
  dict.append(total - 10 - dict.size() - 1, ' ');
  dict.push_back('\n');
  std::string header("\x93NUMPY\x01\x00", 8);
  header.push_back(static_cast<char>(dict.size() & 0xff));
  header.push_back(static_cast<char>(dict.size() >> 8));
  return header + dict;
}

namespace {
/// What a stored member needs in both of its ZIP headers.
struct ZipEntry {
  std::string name, header;
  uint32_t crc = 0, size = 0, offset = 0;

  /// The fields that local header and central directory share, in order.
  void writeShared(support::endian::Writer &writer) const {
    writer.write<uint16_t>(20);     // version needed
    writer.write<uint16_t>(0);      // flags
    writer.write<uint16_t>(0);      // stored
    writer.write<uint16_t>(0);      // time: fixed, so that equal data gives equal bytes
    writer.write<uint16_t>(0x0021); // date: 1980-01-01
    writer.write<uint32_t>(crc);
    writer.write<uint32_t>(size);
    writer.write<uint32_t>(size);
    writer.write<uint16_t>(name.size());
    writer.write<uint16_t>(0); // extra
  }
};
} // namespace

static ArrayRef<uint8_t> asBytes(const char *data, size_t size) {
  return {reinterpret_cast<const uint8_t *>(data), size};
}

static void writeZip(raw_ostream &os, ArrayRef<ArrayView> arrays) {
  support::endian::Writer writer(os, endianness::little);
  std::vector<ZipEntry> entries;
  uint64_t start = os.tell();
  for (const ArrayView &array : arrays) {
    ZipEntry entry{array.name + ".npy", makeHeader(array)};
    entry.crc = crc32(asBytes(entry.header.data(), entry.header.size()));
    entry.crc = crc32(entry.crc, asBytes(array.data, array.numBytes()));
    entry.size = entry.header.size() + array.numBytes();
    entry.offset = os.tell() - start;
    writer.write<uint32_t>(0x04034b50);
    entry.writeShared(writer);
    os << entry.name << entry.header << StringRef(array.data, array.numBytes());
    entries.push_back(std::move(entry));
  }
  uint32_t directory = os.tell() - start;
  for (const ZipEntry &entry : entries) {
    writer.write<uint32_t>(0x02014b50);
    writer.write<uint16_t>(20); // version made by
    entry.writeShared(writer);
    for (int i = 0; i < 3; ++i) // comment size, disk, internal attributes
      writer.write<uint16_t>(0);
    writer.write<uint32_t>(0); // external attributes
    writer.write<uint32_t>(entry.offset);
    os << entry.name;
  }
  uint32_t directorySize = os.tell() - start - directory;
  writer.write<uint32_t>(0x06054b50);
  writer.write<uint32_t>(0); // this disk, directory's disk
  writer.write<uint16_t>(entries.size());
  writer.write<uint16_t>(entries.size());
  writer.write<uint32_t>(directorySize);
  writer.write<uint32_t>(directory);
  writer.write<uint16_t>(0);
}

Error writeArrayFile(StringRef path, ArrayRef<ArrayView> arrays) {
  bool isZip = path.ends_with(".npz");
  if (!isZip && arrays.size() != 1)
    return createStringError(inconvertibleErrorCode(), path +
                                                           ": an .npy holds one array, there are " +
                                                           Twine(arrays.size()) + "; name an .npz");
  uint64_t total = 0;
  for (const ArrayView &array : arrays)
    total += array.numBytes() + 4096;
  if (isZip && total > UINT32_MAX)
    return createStringError(inconvertibleErrorCode(),
                             path + ": more than 4 GiB; write one output as .npy");
  return writeOutputFile(path, [&](raw_ostream &os) {
    if (isZip)
      writeZip(os, arrays);
    else
      os << makeHeader(arrays[0]) << StringRef(arrays[0].data, arrays[0].numBytes());
  });
}

} // namespace qopt

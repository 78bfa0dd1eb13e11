// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Support/ArrayFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace qopt;

namespace {

std::string temporaryPath(StringRef suffix) {
  SmallString<128> path;
  sys::fs::createTemporaryFile("qopt-array", suffix, path);
  return path.str().str();
}

void writeText(StringRef path, StringRef bytes) {
  std::error_code error;
  raw_fd_ostream(path, error) << bytes;
}

std::string readText(StringRef path) { return (*MemoryBuffer::getFile(path))->getBuffer().str(); }

const float kValues[6] = {0, -1.5f, 2, 3, 4, 5};
const int8_t kCodes[3] = {-128, 0, 127};

ArrayView floats(StringRef name, ArrayRef<int64_t> shape) {
  return {name.str(), ArrayType::F32, SmallVector<int64_t>(shape),
          reinterpret_cast<const char *>(kValues)};
}

TEST(ArrayFile, NpyRoundTrip) {
  std::string path = temporaryPath("npy");
  ASSERT_FALSE(errorToBool(writeArrayFile(path, {floats("", {2, 3})})));
  Expected<ArrayFile> file = ArrayFile::open(path);
  ASSERT_TRUE(bool(file)) << toString(file.takeError());
  const ArrayView &view = file->arrays()[0];
  EXPECT_EQ(view.shape, (SmallVector<int64_t>{2, 3}));
  EXPECT_EQ(memcmp(view.data, kValues, sizeof kValues), 0);
}

TEST(ArrayFile, NpzKeepsNamesAndTypes) {
  std::string path = temporaryPath("npz");
  ArrayView codes{"codes", ArrayType::I8, {3}, reinterpret_cast<const char *>(kCodes)};
  ASSERT_FALSE(errorToBool(writeArrayFile(path, {floats("a", {6}), codes})));
  Expected<ArrayFile> file = ArrayFile::open(path);
  ASSERT_TRUE(bool(file)) << toString(file.takeError());
  Expected<const ArrayView *> found = file->find("codes");
  ASSERT_TRUE(bool(found));
  EXPECT_EQ((*found)->type, ArrayType::I8);
  EXPECT_EQ(memcmp((*found)->data, kCodes, 3), 0);
  EXPECT_TRUE(errorToBool(file->find("missing").takeError()));
}

/// Every prefix of a valid file is refused, and none crashes.
TEST(ArrayFile, TruncatedFilesAreRefused) {
  for (StringRef suffix : {"npy", "npz"}) {
    std::string path = temporaryPath(suffix);
    ASSERT_FALSE(errorToBool(writeArrayFile(path, {floats("a", {2, 3})})));
    std::string bytes = readText(path);
    for (size_t size = 0; size < bytes.size(); ++size) {
      writeText(path, StringRef(bytes).take_front(size));
      Expected<ArrayFile> file = ArrayFile::open(path);
      EXPECT_FALSE(bool(file)) << "prefix of " << size << " bytes";
      consumeError(file.takeError());
    }
  }
}

TEST(ArrayFile, HostileShapeIsRefused) {
  std::string path = temporaryPath("npy");
  ASSERT_FALSE(errorToBool(writeArrayFile(path, {floats("", {2, 3})})));
  std::string bytes = readText(path);
  // 2^62 * 3 elements of 4 bytes overflow 64 bits.
  std::string shape = "(4611686018427387904, 3), }";
  size_t at = bytes.find("(2, 3), }");
  bytes.replace(at, shape.size(), shape);
  writeText(path, bytes);
  Expected<ArrayFile> file = ArrayFile::open(path);
  ASSERT_FALSE(bool(file));
  EXPECT_NE(toString(file.takeError()).find("impossibly large"), std::string::npos);
}

TEST(ArrayFile, MissingFileIsNamed) {
  Expected<ArrayFile> file = ArrayFile::open("/nonexistent/x.npy");
  ASSERT_FALSE(bool(file));
  EXPECT_NE(toString(file.takeError()).find("/nonexistent/x.npy"), std::string::npos);
}

} // namespace

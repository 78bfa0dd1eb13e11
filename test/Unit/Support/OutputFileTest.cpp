// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Support/OutputFile.h"
#include "qopt/Support/TemporaryFolder.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace qopt;
namespace fs = llvm::sys::fs;

namespace {

class OutputFile : public testing::Test {
protected:
  static std::string write(llvm::StringRef path, llvm::StringRef text) {
    return llvm::toString(writeOutputFile(path, text));
  }
  static std::string read(llvm::StringRef path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "";
  }
  /// Entries of the folder; files half written would be among them.
  int countFiles() const {
    int count = 0;
    std::error_code error;
    for (fs::directory_iterator it(folder.file(""), error), end; it != end; it.increment(error))
      ++count;
    return count;
  }

  TemporaryFolder folder = llvm::cantFail(TemporaryFolder::create("qopt-output"));
};

TEST_F(OutputFile, ReplacesAnOlderOne) {
  EXPECT_EQ(write(folder.file("a"), "older and longer"), "");
  EXPECT_EQ(write(folder.file("a"), "newer"), "");
  EXPECT_EQ(read(folder.file("a")), "newer");
  EXPECT_EQ(countFiles(), 1);
}

TEST_F(OutputFile, FollowsLinks) {
  EXPECT_EQ(write(folder.file("a"), "older"), "");
  ASSERT_FALSE(fs::create_link(folder.file("a"), folder.file("link")));
  EXPECT_EQ(write(folder.file("link"), "newer"), "");
  EXPECT_EQ(read(folder.file("a")), "newer");
  EXPECT_TRUE(fs::is_symlink_file(folder.file("link")));
}

// A device is not replaced by a file, and a full one is no reason to end the program.
TEST_F(OutputFile, Devices) {
  if (!fs::exists("/dev/full"))
    GTEST_SKIP() << "there is no /dev/full";
  std::string message = write("/dev/full", "text");
  EXPECT_NE(message.find("/dev/full: cannot be written: No space left"), std::string::npos)
      << message;
  EXPECT_FALSE(fs::is_regular_file("/dev/full"));
}

TEST_F(OutputFile, Refusals) {
  for (const std::string &path : {folder.file("missing/a"), folder.file("")})
    EXPECT_EQ(llvm::StringRef(write(path, "text")).take_front(path.size()), path);
  EXPECT_EQ(countFiles(), 0);
}

} // namespace

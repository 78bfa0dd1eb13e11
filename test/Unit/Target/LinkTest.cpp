// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Links that fail: one message, nothing written, and the next one works.
#include "../Integration/RandomModule.h"

#include "qopt/Support/OutputFile.h"
#include "qopt/Support/TemporaryFolder.h"
#include "qopt/Target/Compile.h"
#include "qopt/Target/Target.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "gtest/gtest.h"

using namespace qopt;
using namespace qopt::test;

namespace {

class Link : public testing::Test {
protected:
  /// The error of linking an object of these bytes, or "".
  std::string link(llvm::StringRef object) {
    EXPECT_FALSE(llvm::errorToBool(writeOutputFile(folder.file("a.o"), object)));
    llvm::Error error = linkSharedLibrary(folder.file("a.o"), folder.file("a.so"), "net0");
    bool failed = static_cast<bool>(error);
    EXPECT_EQ(llvm::sys::fs::exists(folder.file("a.so")), !failed);
    llvm::sys::fs::remove(folder.file("a.so"));
    return llvm::toString(std::move(error));
  }

  TemporaryFolder folder = llvm::cantFail(TemporaryFolder::create("qopt-link"));
};

/// The object of a network of one layer or a few.
std::string makeObject() {
  RandomModule networks(1);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      networks.select([](unsigned index) { return index == 0; });
  auto compiled = compileToObject(*module, *getHostTargets().front());
  return compiled ? (*compiled).object->getBuffer().str() : llvm::toString(compiled.takeError());
}

// Some of these errors end the linker where it stands; a program has to do the next link then.
TEST_F(Link, DamagedObjects) {
  if (!llvm::sys::findProgramByName("ld.lld") && !llvm::sys::findProgramByName("ld.lld-22"))
    GTEST_SKIP() << "ld.lld is not in PATH: install lld";
  std::string good = makeObject();
  EXPECT_EQ(link(good), "");
  for (size_t size : {size_t{3}, size_t{60}, size_t{64}, good.size() / 2, good.size() - 1}) {
    std::string message = link(llvm::StringRef(good).take_front(size));
    EXPECT_NE(message.find("a.o"), std::string::npos) << size << ": " << message;
    EXPECT_EQ(link(good), "") << "after " << size;
  }
}

} // namespace

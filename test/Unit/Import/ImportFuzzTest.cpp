// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Damaged files: an error or a module, never a crash.
#include "TestModel.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"
#include <random>

using namespace qopt;
using namespace qopt::test;

namespace {

std::string readModel(const char *name) {
  auto buffer = llvm::MemoryBuffer::getFile(
      std::string(QOPT_TEST_SOURCE_DIR "/data/fashion_mnist/") + name, /*IsText=*/false);
  EXPECT_TRUE(static_cast<bool>(buffer)) << name;
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

void importDamaged(const std::string &bytes) {
  Imported imported(bytes);
  if (imported.module)
    EXPECT_TRUE(mlir::succeeded(mlir::verify(*imported.module)));
  else
    EXPECT_EQ(imported.error.find('\n'), std::string::npos) << imported.error;
}

/// Offsets of bytes that are not in the middle of raw weights, which are most of a file.
std::vector<size_t> structuralOffsets(const std::string &bytes) {
  std::vector<size_t> offsets;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bool nearText = false;
    for (size_t j = i > 8 ? i - 8 : 0; j + 3 < std::min(bytes.size(), i + 8); ++j)
      nearText |= std::isalpha(bytes[j]) && std::isalpha(bytes[j + 1]) &&
                  std::isalpha(bytes[j + 2]) && std::isalpha(bytes[j + 3]);
    if (nearText)
      offsets.push_back(i);
  }
  return offsets;
}

TEST(ImportFuzz, FlippedBytes) {
  for (const char *name : {"residual.onnx", "depthwise.onnx"}) {
    std::string bytes = readModel(name);
    std::vector<size_t> offsets = structuralOffsets(bytes);
    ASSERT_FALSE(offsets.empty());
    std::mt19937 random(7);
    for (int i = 0; i < 500; ++i) {
      std::string damaged = bytes;
      for (int flips = 1 + random() % 3; flips > 0; --flips)
        damaged[offsets[random() % offsets.size()]] ^= 1 << random() % 8;
      importDamaged(damaged);
    }
  }
}

TEST(ImportFuzz, TruncatedFiles) {
  std::string bytes = readModel("residual.onnx");
  std::mt19937 random(8);
  for (int i = 0; i < 200; ++i)
    importDamaged(bytes.substr(0, random() % bytes.size()));
}

} // namespace

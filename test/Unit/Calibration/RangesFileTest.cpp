// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranges that are written read back to the bit: without that, the same ranges would not give the
// same bytes on another machine.
#include "qopt/Calibration/RangesFile.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <cstring>
#include <limits>
#include <random>

using namespace llvm;
using namespace qopt;

namespace {

struct TemporaryFile {
  TemporaryFile() { sys::fs::createTemporaryFile("qopt-ranges", "json", path); }
  ~TemporaryFile() { sys::fs::remove(path); }
  SmallString<128> path;
};

float makeFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

TEST(RangesFile, RoundTripIsExact) {
  std::mt19937 random(7);
  std::vector<NamedRange> ranges = {
      {"extremes", std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()},
      {"denormal", 0.0f, std::numeric_limits<float>::denorm_min()},
      {"a \"quoted\" name/with\\slashes", -0.1f, 0.1f},
      {"b\xC3\xA9ta", 1.0f / 3.0f, 1.0f}};
  for (int i = 0; i < 1000; ++i) {
    float a = makeFloat(random()), b = makeFloat(random());
    if (std::isfinite(a) && std::isfinite(b))
      ranges.push_back({"layer" + std::to_string(i), std::min(a, b), std::max(a, b)});
  }
  TemporaryFile file;
  ASSERT_FALSE(errorToBool(writeRangesFile(file.path, ranges)));
  auto read = readRangesFile(file.path);
  ASSERT_TRUE(bool(read)) << toString(read.takeError());
  ASSERT_EQ(read->size(), ranges.size());
  for (const NamedRange &range : ranges) {
    auto found = read->find(range.name);
    ASSERT_NE(found, read->end()) << range.name;
    EXPECT_EQ(std::memcmp(&found->second.lo, &range.lo, sizeof(float)), 0) << range.name;
    EXPECT_EQ(std::memcmp(&found->second.hi, &range.hi, sizeof(float)), 0) << range.name;
  }
}

TEST(RangesFile, RefusesWhatIsNoRange) {
  const char *const texts[] = {"",
                               "[]",
                               "{\"schema\": 1}",
                               "{\"schema\": 1, \"ranges\": []}",
                               "{\"schema\": 1, \"ranges\": {\"a\": 1}}",
                               "{\"schema\": 1, \"ranges\": {\"a\": [1]}}",
                               "{\"schema\": 1, \"ranges\": {\"a\": [0, \"x\"]}}",
                               "{\"schema\": 1, \"ranges\": {\"a\": [0, 1e300]}}"};
  for (const char *text : texts) {
    TemporaryFile file;
    std::error_code error;
    raw_fd_ostream(file.path, error) << text;
    auto read = readRangesFile(file.path);
    ASSERT_FALSE(bool(read)) << text;
    EXPECT_NE(toString(read.takeError()).find(file.path.str().str()), std::string::npos) << text;
  }
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Compare.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace qopt {

static std::string makeFileName(StringRef layer) {
  std::string name;
  for (char c : layer)
    name.push_back(isAlnum(c) || c == '-' || c == '.' ? c : '_');
  return name;
}

Error dumpTensors(Engine &engine, ArrayRef<const void *> inputs, StringRef dir) {
  return engine.runWithTaps(inputs, [&](const TapView &tap) -> Error {
    // Not before: an engine without taps leaves no empty folder.
    if (std::error_code error = sys::fs::create_directories(dir, true, sys::fs::all_all))
      return createStringError(error, dir + ": cannot be made: " + error.message());
    std::string path = (dir + "/" + makeFileName(tap.layer) + ".npy").str();
    ArrayView array = tap.array;
    array.name.clear();
    return writeArrayFile(path, {array});
  });
}

namespace {
/// A tap's value, kept.
struct KeptTensor {
  std::string layer;
  ArrayView array;
  std::vector<char> bytes;
};
} // namespace

/// One element as a person reads it.
static std::string printElement(const ArrayView &array, int64_t index) {
  const char *at = array.data + index * getElementBytes(array.type);
  switch (array.type) {
  case ArrayType::F32: {
    float value;
    memcpy(&value, at, sizeof value);
    return formatv("{0:e9}", value).str();
  }
  case ArrayType::I8:
    return std::to_string(*reinterpret_cast<const int8_t *>(at));
  case ArrayType::U8:
    return std::to_string(*reinterpret_cast<const uint8_t *>(at));
  default: {
    int32_t value;
    memcpy(&value, at, sizeof value);
    return std::to_string(value);
  }
  }
}

/// The index of the first element that differs, or -1.
static int64_t findDifference(const ArrayView &a, const ArrayView &b) {
  int64_t size = getElementBytes(a.type);
  for (int64_t i = 0, e = a.numElements(); i < e; ++i)
    if (memcmp(a.data + i * size, b.data + i * size, size) != 0)
      return i;
  return -1;
}

static std::string printIndex(ArrayRef<int64_t> shape, int64_t flat) {
  SmallVector<int64_t> index(shape.size());
  for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
    index[d] = flat % shape[d];
    flat /= shape[d];
  }
  std::string text = "[";
  interleave(index, [&](int64_t i) { text += std::to_string(i); }, [&] { text += ", "; });
  return text + "]";
}

static std::string describeDifference(const ArrayView &a, const ArrayView &b, StringRef layer) {
  if (a.type != b.type || a.shape != b.shape)
    return (layer + ": the engines give different types or shapes").str();
  int64_t flat = findDifference(a, b);
  if (flat < 0)
    return "";
  return (layer + " " + printIndex(a.shape, flat) + ": " + printElement(a, flat) + " against " +
          printElement(b, flat))
      .str();
}

Expected<std::string> compareEngines(Engine &first, Engine &second, ArrayRef<const void *> inputs,
                                     bool &differ) {
  StringMap<KeptTensor> kept;
  Error error = first.runWithTaps(inputs, [&](const TapView &tap) {
    KeptTensor &tensor = kept[tap.layer];
    tensor = {tap.layer, tap.array, {tap.array.data, tap.array.data + tap.array.numBytes()}};
    tensor.array.data = tensor.bytes.data();
    return Error::success();
  });
  if (error)
    return std::move(error);
  std::string difference;
  int64_t compared = 0;
  error = second.runWithTaps(inputs, [&](const TapView &tap) {
    auto it = kept.find(tap.layer);
    if (it == kept.end() || !difference.empty())
      return Error::success();
    difference = describeDifference(it->second.array, tap.array, tap.layer);
    ++compared;
    return Error::success();
  });
  if (error)
    return std::move(error);
  differ = !difference.empty();
  return differ ? "first difference: " + difference
                : "all " + std::to_string(compared) + " tensors are equal";
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DataSet.h"

#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace llvm;

namespace qopt {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

static std::string describe(ArrayType type, ArrayRef<int64_t> shape) {
  std::string text = (getTypeCode(type) + "[").str();
  interleave(shape, [&](int64_t size) { text += std::to_string(size); }, [&] { text += ", "; });
  return text + "]";
}

static bool isBytesForFloats(const ArrayView &array, const Port &port) {
  return port.holdsPixels && port.type == ArrayType::F32 && array.type == ArrayType::U8;
}

static std::vector<char> toFloats(const ArrayView &array) {
  std::vector<char> floats(array.numElements() * sizeof(float));
  for (int64_t index = 0, end = array.numElements(); index < end; ++index) {
    float value = static_cast<uint8_t>(array.data[index]);
    std::memcpy(floats.data() + index * sizeof value, &value, sizeof value);
  }
  return floats;
}

/// The number of calls that `array` holds for `port`.
static Expected<int64_t> matchPort(StringRef path, const ArrayView &array, const Port &port) {
  bool typeMatches = array.type == port.type || isBytesForFloats(array, port);
  bool matches = typeMatches && array.shape.size() == port.shape.size() && !array.shape.empty() &&
                 ArrayRef(array.shape).drop_front() == ArrayRef(port.shape).drop_front();
  if (!matches)
    return fail(path + ": holds " + describe(array.type, array.shape) + ", input '" + port.name +
                "' takes " + describe(port.type, port.shape) +
                " with samples stacked along the first dimension");
  if (array.shape[0] == 0)
    return fail(path + ": holds no samples for input '" + port.name + "'");
  if (array.shape[0] % port.shape[0] != 0)
    return fail(path + ": " + Twine(array.shape[0]) + " samples are no multiple of the batch " +
                Twine(port.shape[0]) + " of input '" + port.name + "'");
  return array.shape[0] / port.shape[0];
}

Expected<DataSet> DataSet::open(StringRef path, ArrayRef<Port> ports) {
  Expected<ArrayFile> file = ArrayFile::open(path);
  if (!file)
    return file.takeError();
  DataSet data(std::move(*file));
  if (data.file.arrays().size() != ports.size())
    return fail(path + ": holds " + Twine(data.file.arrays().size()) + " arrays, the network has " +
                Twine(ports.size()) + " inputs");
  for (const Port &port : ports) {
    Expected<const ArrayView *> array = data.file.find(port.name);
    if (!array)
      return array.takeError();
    Expected<int64_t> calls = matchPort(path, **array, port);
    if (!calls)
      return calls.takeError();
    if (data.numCalls != 0 && data.numCalls != *calls)
      return fail(path + ": the inputs hold different numbers of samples");
    data.numCalls = *calls;
    const char *base = (*array)->data;
    if (isBytesForFloats(**array, port)) {
      data.aligned.push_back(toFloats(**array));
      base = data.aligned.back().data();
    } else if (reinterpret_cast<uintptr_t>(base) % getElementBytes(port.type) != 0) {
      data.aligned.emplace_back(base, base + (*array)->numBytes());
      base = data.aligned.back().data();
    }
    data.bases.push_back(base);
  }
  return data;
}

OutputStack::OutputStack(ArrayRef<Port> ports, int64_t calls)
    : ports(ports.begin(), ports.end()), calls(calls) {
  for (const Port &port : ports) {
    buffers.emplace_back(port.bytes() * calls);
    bases.push_back(buffers.back().data());
  }
}

Error OutputStack::write(StringRef path) const {
  std::vector<ArrayView> arrays;
  for (auto [port, buffer] : zip(ports, buffers)) {
    ArrayView view{port.name, port.type, port.shape, buffer.data()};
    if (view.shape.empty())
      view.shape.push_back(1);
    view.shape[0] *= calls;
    arrays.push_back(std::move(view));
  }
  return writeArrayFile(path, arrays);
}

} // namespace qopt

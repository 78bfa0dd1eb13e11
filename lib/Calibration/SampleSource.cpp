// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/SampleSource.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace qopt;

static std::string formatShape(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(shape, stream);
  stream << ']';
  return text;
}

/// Number of batches in `array`, whose leading dimension counts samples.
static llvm::Expected<int64_t> countBatches(StringRef path, StringRef name, const ArrayView &array,
                                            ArrayRef<int64_t> shape, bool isPixels) {
  // Converting in silence would hide that bytes, say, were never scaled to the network's range.
  if (array.type != ArrayType::F32 && !(isPixels && array.type == ArrayType::U8))
    return llvm::createStringError(path + ": input '" + name + "' needs " +
                                   (isPixels ? "pixels (u1), or normalized " : "") +
                                   "float32 (f4), the file has " + getTypeCode(array.type) +
                                   "; convert it with NumPy's astype");
  if (llvm::is_contained(shape, 0))
    return llvm::createStringError("input '" + name + "' of shape " + formatShape(shape) +
                                   " has no elements to calibrate with");
  ArrayRef<int64_t> given = array.shape;
  if (shape.empty() || given.size() != shape.size() || given.drop_front() != shape.drop_front())
    return llvm::createStringError(path + ": input '" + name + "' needs samples of shape " +
                                   formatShape(shape) + ", the file has " + formatShape(given) +
                                   "; pass an array that stacks such samples");
  if (given[0] == 0)
    return llvm::createStringError(path + ": holds zero samples for input '" + name +
                                   "'; pass at least one");
  if (given[0] % shape[0] != 0)
    return llvm::createStringError(path + ": " + Twine(given[0]) + " samples are no multiple of " +
                                   "the batch " + Twine(shape[0]) + " of input '" + name + "'");
  return given[0] / shape[0];
}

llvm::Expected<SampleSource> SampleSource::create(func::FuncOp function, const ArrayFile &file) {
  SampleSource source;
  source.path = file.path().str();
  if (function.getNumArguments() == 0)
    return llvm::createStringError("network '" + function.getName() + "' has no input");
  for (unsigned index = 0; index < function.getNumArguments(); ++index) {
    auto type = dyn_cast<RankedTensorType>(function.getArgument(index).getType());
    if (!type || !type.hasStaticShape())
      return llvm::createStringError("network '" + function.getName() +
                                     "' has an input that is no static tensor");
    auto attr = function.getArgAttrOfType<StringAttr>(index, kNameAttr);
    std::string name = attr ? attr.str() : ("input" + Twine(index)).str();
    bool onlyOne = function.getNumArguments() == 1 && file.arrays().size() == 1;
    llvm::Expected<const ArrayView *> array =
        onlyOne ? llvm::Expected<const ArrayView *>(&file.arrays()[0]) : file.find(name);
    if (!array)
      return array.takeError();
    std::optional<PixelInput> pixels = getPixelInput(function, index);
    llvm::Expected<int64_t> count =
        countBatches(source.path, name, **array, type.getShape(), pixels.has_value());
    if (!count)
      return count.takeError();
    if (index != 0 && *count != source.batches)
      return llvm::createStringError(source.path + ": inputs have different numbers of samples");
    source.batches = *count;
    Input input{*array,
                name,
                type.getDimSize(0),
                type.getNumElements(),
                std::make_unique<std::atomic<bool>[]>(*count),
                pixels};
    if (pixels) {
      input.channels = type.getDimSize(pixels->axis);
      for (int64_t dim : type.getShape().drop_front(pixels->axis + 1))
        input.perChannel *= dim;
    }
    source.inputs.push_back(std::move(input));
  }
  return source;
}

llvm::Expected<SampleSource> SampleSource::open(func::FuncOp function, StringRef path) {
  llvm::Expected<ArrayFile> file = ArrayFile::open(path);
  if (!file)
    return file.takeError();
  auto kept = std::make_unique<ArrayFile>(std::move(*file));
  llvm::Expected<SampleSource> source = create(function, *kept);
  if (source)
    source->ownFile = std::move(kept);
  return source;
}

/// A loop over bits, which compilers turn into vectors; the search for the culprit is not.
static bool allFinite(ArrayRef<float> values) {
  uint32_t greatest = 0;
  for (float value : values)
    greatest = std::max(greatest, llvm::bit_cast<uint32_t>(value) & 0x7fffffffu);
  return greatest < 0x7f800000u;
}

llvm::Expected<std::vector<float>> SampleSource::read(const Input &input, int64_t batch) const {
  if (input.array->type == ArrayType::U8) {
    const char *bytes = input.array->data + batch * input.batchElements;
    auto *pixels = reinterpret_cast<const uint8_t *>(bytes);
    return std::vector<float>(pixels, pixels + input.batchElements);
  }
  llvm::Expected<std::vector<float>> values = readFloats(input, batch);
  if (values && input.pixels)
    for (auto [index, value] : llvm::enumerate(*values))
      value = input.pixels->toPixel(value, index / input.perChannel % input.channels);
  return values;
}

llvm::Expected<std::vector<float>> SampleSource::readFloats(const Input &input,
                                                            int64_t batch) const {
  std::vector<float> values(input.batchElements);
  int64_t offset = batch * input.batchElements * getElementBytes(input.array->type);
  // The mapping may be unaligned.
  std::memcpy(values.data(), input.array->data + offset, values.size() * sizeof(float));
  // Every pass reads the data several times, and the file does not change.
  if (input.finite[batch])
    return values;
  if (allFinite(values)) {
    input.finite[batch] = true;
    return values;
  }
  auto bad = llvm::find_if(values, [](float value) { return !std::isfinite(value); });
  int64_t position = bad - values.begin();
  int64_t sample = batch * input.batchSize + position / (input.batchElements / input.batchSize);
  return llvm::createStringError(path + ": sample " + Twine(sample) + " of input '" + input.name +
                                 "' holds " + (std::isnan(*bad) ? "NaN" : "an infinity") +
                                 "; remove it from the data");
}

llvm::Expected<std::vector<std::vector<float>>> SampleSource::getBatch(int64_t index) const {
  std::vector<std::vector<float>> batch;
  for (const Input &input : inputs) {
    llvm::Expected<std::vector<float>> values = read(input, index);
    if (!values)
      return values.takeError();
    batch.push_back(std::move(*values));
  }
  return batch;
}

std::string SampleSource::describeBatch(int64_t index) const {
  int64_t size = inputs[0].batchSize, first = index * size;
  std::string text = path + ": sample" + (size == 1 ? " " : "s ") + std::to_string(first);
  return size == 1 ? text : text + " to " + std::to_string(first + size - 1);
}

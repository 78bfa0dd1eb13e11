// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/RangesFile.h"

#include "qopt/Support/OutputFile.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace qopt;

static constexpr int64_t kSchema = 1;

/// Nine digits identify a single-precision number.
static void printFloat(llvm::raw_ostream &stream, float value) {
  stream << llvm::format("%.9g", static_cast<double>(value));
}

static void printRanges(llvm::raw_ostream &stream, llvm::ArrayRef<NamedRange> ranges) {
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("schema", kSchema);
    json.attributeObject("ranges", [&] {
      for (const NamedRange &range : ranges) {
        json.attributeBegin(llvm::json::fixUTF8(range.name));
        json.rawValue([&](llvm::raw_ostream &raw) {
          raw << '[';
          printFloat(raw, range.lo);
          raw << ", ";
          printFloat(raw, range.hi);
          raw << ']';
        });
        json.attributeEnd();
      }
    });
  });
  stream << '\n';
}

llvm::Error qopt::writeRangesFile(llvm::StringRef path, llvm::ArrayRef<NamedRange> ranges) {
  return writeOutputFile(path, [&](llvm::raw_ostream &stream) { printRanges(stream, ranges); });
}

/// One entry; an error text without the file's name.
static llvm::Expected<NamedRange> parseRange(llvm::StringRef name, const llvm::json::Value &value) {
  const llvm::json::Array *pair = value.getAsArray();
  if (!pair || pair->size() != 2)
    return llvm::createStringError("range '" + name + "' is not a pair [lo, hi]");
  std::optional<double> lo = (*pair)[0].getAsNumber(), hi = (*pair)[1].getAsNumber();
  NamedRange range{name.str(), static_cast<float>(lo.value_or(NAN)),
                   static_cast<float>(hi.value_or(NAN))};
  if (!std::isfinite(range.lo) || !std::isfinite(range.hi) || range.lo > range.hi)
    return llvm::createStringError("range '" + name + "' is not two finite numbers, lo <= hi");
  return range;
}

static llvm::Expected<llvm::StringMap<NamedRange>> parseRanges(llvm::StringRef text) {
  llvm::Expected<llvm::json::Value> root = llvm::json::parse(text);
  if (!root)
    return llvm::createStringError("is no JSON " + llvm::toString(root.takeError()));
  const llvm::json::Object *object = root->getAsObject();
  if (!object || object->getInteger("schema") != kSchema)
    return llvm::createStringError("is no ranges file of schema 1");
  const llvm::json::Object *entries = object->getObject("ranges");
  if (!entries)
    return llvm::createStringError("has no object \"ranges\"");
  llvm::StringMap<NamedRange> ranges;
  for (const auto &[key, value] : *entries) {
    llvm::Expected<NamedRange> range = parseRange(key, value);
    if (!range)
      return range.takeError();
    ranges[range->name] = *range;
  }
  return ranges;
}

llvm::Expected<llvm::StringMap<NamedRange>> qopt::readRangesFile(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(path + ": cannot be read (" + buffer.getError().message() +
                                   "); write it with ranges and data together");
  llvm::Expected<llvm::StringMap<NamedRange>> ranges = parseRanges((*buffer)->getBuffer());
  if (!ranges)
    return llvm::createStringError(path + ": " + llvm::toString(ranges.takeError()) +
                                   "; calibrate with data to write it anew");
  return ranges;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "HtmlReport.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

static constexpr StringLiteral kPage(
#include "report.html.inc"
);
static constexpr StringLiteral kStyle(
#include "report.css.inc"
);
static constexpr StringLiteral kScript(
#include "report.js.inc"
);

/// A string in quotes. `<` occurs nowhere else in JSON; escaped, no name can end the element that
/// the data stand in, or open a comment.
static void writeString(raw_ostream &os, StringRef text) {
  std::string quoted;
  raw_string_ostream(quoted) << json::Value(text);
  for (char c : quoted)
    if (c == '<')
      os << "\\u003c";
    else
      os << c;
}

/// JSON without white space, keys sorted and numbers of six digits: what a page shows, and a third
/// of the size.
static void writeCompact(raw_ostream &os, const json::Value &value) {
  if (const json::Object *object = value.getAsObject()) {
    std::vector<StringRef> keys;
    for (const auto &entry : *object)
      keys.push_back(entry.first);
    sort(keys);
    os << '{';
    interleave(
        keys,
        [&](StringRef key) {
          writeString(os, key);
          os << ':';
          writeCompact(os, *object->get(key));
        },
        [&] { os << ','; });
    os << '}';
  } else if (const json::Array *array = value.getAsArray()) {
    os << '[';
    interleave(
        *array, [&](const json::Value &item) { writeCompact(os, item); }, [&] { os << ','; });
    os << ']';
  } else if (std::optional<StringRef> text = value.getAsString()) {
    writeString(os, *text);
  } else if (std::optional<int64_t> integer = value.getAsInteger()) {
    os << *integer;
  } else if (std::optional<double> number = value.getAsNumber()) {
    os << format("%.6g", *number);
  } else {
    os << value; // null, true, false
  }
}

static std::string makeData(const json::Value &report, const json::Object &details) {
  std::string data;
  raw_string_ostream os(data);
  os << "{\"details\":";
  writeCompact(os, json::Value(json::Object(details)));
  os << ",\n\"report\":";
  writeCompact(os, report);
  os << "}";
  return data;
}

std::string makeHtmlReport(StringRef name, const json::Value &report, const json::Object &details) {
  const std::pair<StringRef, std::string> parts[] = {{"{{TITLE}}", (name + " · qopt").str()},
                                                     {"{{STYLE}}", kStyle.str()},
                                                     {"{{DATA}}", makeData(report, details)},
                                                     {"{{SCRIPT}}", kScript.str()}};
  std::string page;
  StringRef rest = kPage;
  // In the order of the template, so that nothing is looked for in what has been put in.
  for (const auto &[mark, text] : parts) {
    auto [before, after] = rest.split(mark);
    page += before.str() + text;
    rest = after;
  }
  return page + rest.str();
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CommandLine.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

/// Errors of the arguments' form.
static Error checkForm(const opt::InputArgList &args, unsigned missingIndex, unsigned missingCount,
                       const ToolDescription &tool) {
  if (missingCount)
    return fail(Twine(args.getArgString(missingIndex)) + ": lacks its value (see --help)");
  for (const opt::Arg *arg : args)
    if (arg->getOption().getID() != tool.inputId && is_contained(arg->getValues(), StringRef()))
      return fail(arg->getSpelling() + ": lacks its value (see --help)");
  if (const opt::Arg *unknown = args.getLastArg(tool.unknownId))
    return fail(unknown->getAsString(args) + ": unknown option (see --help)");
  std::vector<std::string> positional = args.getAllArgValues(tool.inputId);
  if (positional.size() > 1)
    return fail(positional[1] + ": one model at a time; '" + positional[0] + "' was given before");
  return Error::success();
}

Expected<CommandLine> CommandLine::parse(int argc, char **argv, const opt::OptTable &table,
                                         const ToolDescription &tool) {
  unsigned missingIndex = 0, missingCount = 0;
  ArrayRef<const char *> arguments(argv + 1, argc - 1);
  CommandLine line(table.ParseArgs(arguments, missingIndex, missingCount));
  if (line.has(tool.helpId)) {
    table.printHelp(outs(), tool.usage, tool.title);
    std::exit(0);
  }
  if (line.has(tool.versionId)) {
    outs() << tool.name << " " << QOPT_VERSION << "\n";
    std::exit(0);
  }
  if (Error error = checkForm(line.args, missingIndex, missingCount, tool))
    return std::move(error);
  line.positional = line.args.getLastArgValue(tool.inputId).str();
  return line;
}

std::vector<std::string> CommandLine::list(unsigned id) const {
  std::vector<std::string> values;
  for (StringRef text : args.getAllArgValues(id)) {
    SmallVector<StringRef> parts;
    text.split(parts, ',');
    for (StringRef part : parts)
      values.push_back(part.str());
  }
  return values;
}

Expected<int64_t> CommandLine::integer(unsigned id, StringRef option, int64_t fallback,
                                       int64_t least, int64_t most) const {
  if (!has(id))
    return fallback;
  std::string value = text(id);
  int64_t number;
  if (StringRef(value).getAsInteger(10, number) || number < least || number > most)
    return fail("--" + option + "=" + value + ": expected a number from " + Twine(least) + " to " +
                Twine(most));
  return number;
}

Error checkChoice(StringRef option, StringRef value, ArrayRef<StringRef> choices) {
  if (is_contained(choices, value))
    return Error::success();
  bool mayLack = choices.front().empty();
  return fail("--" + option + "=" + value + ": expected one of " +
              join(choices.drop_front(mayLack ? 1 : 0), ", "));
}

int reportError(StringRef tool, Error error) {
  std::string message = toString(std::move(error));
  llvm::replace(message, '\n', ' ');
  errs() << tool << ": " << message << "\n";
  return 1;
}

} // namespace qopt

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OptionChecks.h"

#include "qopt/Codegen/ProgramInfo.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

bool hasQuantizedInterface(func::FuncOp network) {
  auto quantized = [](mlir::Type type) {
    std::optional<QuantParams> params = getQuantParams(type);
    return params && params->isSigned; // not pixels: these are bytes in any case
  };
  return any_of(network.getArgumentTypes(), quantized) ||
         any_of(network.getResultTypes(), quantized);
}

/// The level that a stage leaves its result on.
static Level levelAfter(Stage stage) {
  switch (stage) {
  case Stage::Import:
  case Stage::Prepare:
    return Level::Float;
  case Stage::Calibrate:
    return Level::Simulated;
  default:
    return Level::Quantized;
  }
}

/// A program was made for its target; all that is left to choose is what to write.
static Error checkProgram(const DriverOptions &options, Model &model) {
  std::string where = (model.path() + ": is at " + describe(model.level())).str();
  size_t networks = codegen::getProgramInfos(model.module()).size();
  if (networks != 1)
    return fail(where + " and holds " + Twine(networks) +
                " networks of ours (attribute qopt.programs); qopt-compile takes one");
  if (options.stopAfter != Stage::All)
    return fail(where + " already, past the stage of --stop-after; leave that out");
  if (options.htmlReport)
    return fail(where + ", which knows no layers; leave out --html-report");
  if (options.emitGiven && (options.emit.quantized || options.emit.report))
    return fail(where + ", which knows no layers; take mlir and report out of --emit");
  if (!options.numerics.empty() || !options.io.empty() || !options.importOptions.empty() ||
      !options.calibrationOptions.empty())
    return fail(where + ", where numbers and interface are fixed; leave out the options on them or "
                        "start from the float model");
  return Error::success();
}

static Error checkStages(const DriverOptions &options, Model &model) {
  Level level = model.level();
  if (level > Level::Quantized)
    return checkProgram(options, model);
  if (levelAfter(options.stopAfter) < level)
    return fail(model.path() + ": is at " + describe(level) +
                " already, past the stage of --stop-after; leave that out");
  if (options.htmlReport && options.stopAfter != Stage::All)
    return fail(model.path() +
                ": the page of --html-report is about a whole compilation; leave out "
                "--stop-after");
  if (!options.importOptions.empty() && !model.path().ends_with(".onnx"))
    return fail(model.path() + ": " + options.importOptions.front() +
                " is for ONNX models; the shapes of MLIR are in the file, leave it out");
  if (level > Level::Float && !options.calibrationOptions.empty())
    return fail(model.path() + ": is at " + describe(level) +
                ", its ranges are chosen; leave out " + options.calibrationOptions.front() +
                " or start from the float model");
  return Error::success();
}

/// A quantized network keeps the contract and the interface that it was quantized with.
static Error checkQuantized(const DriverOptions &options, Model &model) {
  Expected<func::FuncOp> network = model.network();
  if (!network)
    return network.takeError();
  StringRef contract = stringifyContract(getContract(*network));
  if (!options.numerics.empty() && options.numerics != contract)
    return fail(model.path() + ": is quantized for --numerics=" + contract + ", not " +
                options.numerics + "; leave that out or start from the float model");
  StringRef io = hasQuantizedInterface(*network) ? "quantized" : "float";
  if (!options.io.empty() && options.io != io)
    return fail(model.path() + ": is quantized with --io=" + io + ", not " + options.io +
                "; leave that out or start from the float model");
  return Error::success();
}

/// The value that all targets name, or an error that asks for `option`.
static Error agree(ArrayRef<const Target *> targets, StringRef option, StringRef Target::*field,
                   std::string &value) {
  if (!value.empty())
    return Error::success();
  const Target &first = *targets.front();
  for (const Target *target : targets)
    if (target->*field != first.*field)
      return fail("--target: " + first.name + " would have --" + option + "=" + first.*field +
                  ", " + target->name + " --" + option + "=" + target->*field +
                  "; give that option");
  value = (first.*field).str();
  return Error::success();
}

Error chooseDefaults(DriverOptions &options, ArrayRef<const Target *> targets) {
  if (Error error = agree(targets, "numerics", &Target::numerics, options.numerics))
    return error;
  return agree(targets, "io", &Target::io, options.io);
}

std::vector<std::string> findSlowContracts(func::FuncOp network, ArrayRef<const Target *> targets) {
  StringRef contract = stringifyContract(getContract(network));
  std::vector<std::string> sentences;
  for (const Target *target : targets)
    if (is_contained(target->scalarContracts, contract))
      sentences.push_back(("target '" + target->name + "' computes the contract " + contract +
                           " on its scalar row, slowly; --numerics=" + target->numerics +
                           " has vectors")
                              .str());
  return sentences;
}

Error checkOptions(const DriverOptions &options, Model &model) {
  if (Error error = checkStages(options, model))
    return error;
  return model.level() == Level::Quantized ? checkQuantized(options, model) : Error::success();
}

} // namespace qopt

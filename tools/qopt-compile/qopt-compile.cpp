// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A float network and example inputs in, an integer library out.
#include "CommandLine.h"
#include "Compile.h"

#include "qopt/Target/Target.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

/// One line per target, with what it needs and whether this machine runs it.
static void printTargets() {
  for (const qopt::Target &target : qopt::getTargets()) {
    Error cannotRun = qopt::checkHost(target);
    outs() << target.name << "  (" << target.triple << "; needs "
           << (target.features.empty() ? "nothing" : qopt::getFeatureString(target))
           << (cannotRun ? "; not this machine" : "; runs on this machine") << ")\n";
    consumeError(std::move(cannotRun));
  }
}

static Error runTool(int argc, char **argv) {
  Expected<qopt::DriverOptions> options = qopt::parseDriverOptions(argc, argv);
  if (!options)
    return options.takeError();
  if (options->listTargets) {
    printTargets();
    return Error::success();
  }
  return qopt::compile(*options);
}

int main(int argc, char **argv) {
  Error error = runTool(argc, argv);
  return error ? qopt::reportError("qopt-compile", std::move(error)) : 0;
}

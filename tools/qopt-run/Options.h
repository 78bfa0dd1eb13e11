// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The command line of qopt-run.
#ifndef QOPT_TOOLS_RUN_OPTIONS_H
#define QOPT_TOOLS_RUN_OPTIONS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace qopt {

enum class EngineKind { Fastest, Float, Simulated, Reference, Jit, Native };

/// "float", "simulated", …
llvm::StringRef getEngineName(EngineKind kind);
/// The engine called `name`, or an error that lists them and names `option`.
llvm::Expected<EngineKind> parseEngineName(llvm::StringRef option, llvm::StringRef name);

struct RunOptions {
  std::string model, input, output;
  EngineKind engine = EngineKind::Fastest;
  std::string target = "host";
  unsigned threads = 1;
  int64_t batch = 1;
  bool targetGiven = false, batchGiven = false;
  double benchSeconds = 0;           ///< 0: no benchmark
  std::string emulator, emulatorCpu; ///< empty: the usual ones
  bool packets = false;
  bool json = false, profile = false, plainFloat = false, sensitivity = false;
  std::string analyze;             ///< quantized network of --analyze
  std::string dumpDir;             ///< --dump-tensors
  std::vector<EngineKind> compare; ///< empty, or two engines
};

/// Parses argv; prints help or version and leaves the process itself where asked for those.
llvm::Expected<RunOptions> parseRunOptions(int argc, char **argv);

} // namespace qopt

#endif // QOPT_TOOLS_RUN_OPTIONS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The command line of qopt-compile.
#ifndef QOPT_TOOLS_COMPILE_OPTIONS_H
#define QOPT_TOOLS_COMPILE_OPTIONS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace qopt {

enum class Stage { Import, Prepare, Calibrate, Quantize, Kernels, All };

/// Which of the outputs are wanted.
struct EmitSet {
  bool quantized = false, object = false, shared = false, header = false, report = false;
};

struct DriverOptions {
  std::string model, outputDir, name;
  std::string calibrationData; ///< empty: none
  std::string rangesFile;      ///< empty: none
  std::string target = "host"; ///< or several with commas between them
  std::string dumpAsm;         ///< the layer whose kernels are printed as assembly; empty: none
  bool perChannelWeights = true;
  bool symmetricActivations = false;
  bool pixelInput = false; ///< raw bytes in, normalized by:
  std::vector<float> inputMean, inputDeviation;
  std::string calibrator = "minmax";
  bool exactInputs = false;
  std::string preset; ///< empty: none
  std::string equalize = "none";
  bool splitChannels = false;
  double splitOutliers = -1; ///< percent of multiply-accumulates; less than 0: not at all
  bool htmlReport = false;
  bool progress = true; ///< on a terminal
  std::string weightRanges = "max";
  std::string round = "nearest";
  std::string correctBias = "none";
  unsigned biasBits = 32;
  std::string numerics; ///< empty: the target's, or what the model is quantized for
  std::string io;       ///< empty: the target's, or what the model is quantized for
  bool nhwcInterface = false;
  unsigned threads = 0; ///< 0: as many as the machine has
  int64_t batch = 1;
  Stage stopAfter = Stage::All;
  EmitSet emit;
  bool emitGiven = false; ///< an explicit --emit=so for a cross target is an error
  /// Options given that say how to import, and how to find ranges: they need a model of that level.
  std::vector<std::string> importOptions, calibrationOptions;
  bool harness = false; ///< NAME.elf is wanted
  bool listTargets = false;
  std::string commandLine; ///< as recorded in the report
};

/// Parses argv; prints help or version and leaves the process itself where asked for those.
llvm::Expected<DriverOptions> parseDriverOptions(int argc, char **argv);

/// `stem` made a C identifier.
std::string makeIdentifier(llvm::StringRef stem);

} // namespace qopt

#endif // QOPT_TOOLS_COMPILE_OPTIONS_H

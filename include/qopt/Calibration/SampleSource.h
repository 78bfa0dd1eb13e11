// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Example inputs of a network, one batch at a time.
#ifndef QOPT_CALIBRATION_SAMPLESOURCE_H
#define QOPT_CALIBRATION_SAMPLESOURCE_H

#include "qopt/Dialect/QOpt/IR/PixelInput.h"
#include "qopt/Support/ArrayFile.h"

#include <atomic>
#include <memory>
#include <vector>

namespace qopt {

/// Reads batches from a mapped array file. Thread-safe.
class SampleSource {
public:
  /// Matches arrays to the arguments of `function`: the only array to the only argument, else by
  /// `qopt.name`. An array has the argument's shape except for its leading dimension, a multiple of
  /// the argument's. Errors name the file, the argument and both shapes. Arguments that hold pixels
  /// take bytes as they are, and floats as what the imported network took: normalized. The file
  /// must outlive the source.
  static llvm::Expected<SampleSource> create(mlir::func::FuncOp function, const ArrayFile &file);

  /// The same of the file `path`, which the source keeps open.
  static llvm::Expected<SampleSource> open(mlir::func::FuncOp function, llvm::StringRef path);

  /// How often the network runs.
  int64_t numBatches() const { return batches; }

  /// The elements of each argument for batch `index`, as floats. An error names the sample that
  /// holds NaN or an infinity.
  llvm::Expected<std::vector<std::vector<float>>> getBatch(int64_t index) const;

  /// The samples of a batch, for messages: "x.npy: samples 4 to 7".
  std::string describeBatch(int64_t index) const;

private:
  struct Input {
    const ArrayView *array;
    std::string name;
    int64_t batchSize;                           ///< leading dimension of the argument
    int64_t batchElements;                       ///< elements of one batch
    std::unique_ptr<std::atomic<bool>[]> finite; ///< of each batch: known to be
    std::optional<PixelInput> pixels;
    int64_t channels = 1, perChannel = 1; ///< of pixels; elements behind one index of the channels
  };

  llvm::Expected<std::vector<float>> read(const Input &input, int64_t batch) const;
  llvm::Expected<std::vector<float>> readFloats(const Input &input, int64_t batch) const;

  std::unique_ptr<ArrayFile> ownFile; ///< null if somebody else holds it
  std::string path;
  std::vector<Input> inputs;
  int64_t batches = 0;
};

} // namespace qopt

#endif // QOPT_CALIBRATION_SAMPLESOURCE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The samples of --input matched with a network's inputs, and the stacked outputs.
#ifndef QOPT_TOOLS_RUN_DATASET_H
#define QOPT_TOOLS_RUN_DATASET_H

#include "Engine.h"

namespace qopt {

class DataSet {
public:
  /// Maps `path` and checks names, element types and shapes against `ports`; every mismatch is an
  /// error that names both sides.
  static llvm::Expected<DataSet> open(llvm::StringRef path, llvm::ArrayRef<Port> ports);

  /// Calls of the network that the samples make.
  int64_t calls() const { return numCalls; }
  llvm::ArrayRef<const void *> pointers() const { return bases; }

private:
  explicit DataSet(ArrayFile file) : file(std::move(file)) {}

  ArrayFile file;
  int64_t numCalls = 0;
  llvm::SmallVector<const void *> bases;
  std::vector<std::vector<char>> aligned; ///< copies of arrays that the file leaves misaligned
};

/// Room for the outputs of `calls` calls.
class OutputStack {
public:
  OutputStack(llvm::ArrayRef<Port> ports, int64_t calls);

  llvm::ArrayRef<void *> pointers() { return bases; }
  /// Writes all outputs as one .npy or .npz.
  llvm::Error write(llvm::StringRef path) const;

private:
  std::vector<Port> ports;
  int64_t calls;
  std::vector<std::vector<char>> buffers;
  llvm::SmallVector<void *> bases;
};

} // namespace qopt

#endif // QOPT_TOOLS_RUN_DATASET_H

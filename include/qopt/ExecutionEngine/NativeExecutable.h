// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running executables that were linked with the harness (qopt-compile --harness), on this machine
// or under a user-mode emulator.
#ifndef QOPT_EXECUTIONENGINE_NATIVEEXECUTABLE_H
#define QOPT_EXECUTIONENGINE_NATIVEEXECUTABLE_H

#include "qopt/Support/ArrayFile.h"

#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace qopt {

/// How a program for another machine is run.
struct Emulation {
  std::string emulator; ///< name or path; empty: $QOPT_EMULATOR, else the machine's qemu
  std::string cpu;      ///< the emulator's -cpu; empty: one that has what our targets need
};

struct ExecutableOptions {
  Emulation emulation;
  unsigned tasks = 1;  ///< run one after the other
  bool codes = false;  ///< samples and results are the network's own codes, not f32 in their place
  bool counts = false; ///< count packets
};

class NativeExecutable {
public:
  struct Tensor {
    std::string name;
    ArrayType type;
    llvm::SmallVector<int64_t> shape;
  };
  /// Of all runs of one call of `run`.
  struct PacketCounts {
    uint64_t runs = 0, packets = 0;
  };

  /// Finds the emulator and asks the program what it holds. Errors name the file: not an executable
  /// of ours, damaged, no emulator, a feature that the CPU lacks.
  static llvm::Expected<std::unique_ptr<NativeExecutable>> open(llvm::StringRef path,
                                                                const ExecutableOptions &options);

  /// As they are in memory: f32 for codes unless `codes`.
  llvm::ArrayRef<Tensor> getInputs() const { return inputs; }
  llvm::ArrayRef<Tensor> getOutputs() const { return outputs; }

  /// Runs on `calls` samples in one start of the program.
  llvm::Error run(int64_t calls, llvm::ArrayRef<const void *> samples,
                  llvm::ArrayRef<void *> results);

  const PacketCounts &getCounts() const { return counts; }

private:
  NativeExecutable(llvm::StringRef path, const ExecutableOptions &options)
      : path(path), options(options) {}

  llvm::Error findEmulator();
  llvm::Error describe();
  llvm::Error readTensor(llvm::StringRef line, std::vector<Tensor> &tensors) const;
  llvm::Error readCounts(llvm::StringRef text);
  /// Starts the program; returns what it prints.
  llvm::Expected<std::string> start(llvm::ArrayRef<std::string> arguments) const;
  llvm::Error fail(const llvm::Twine &reason) const;

  std::string path;
  ExecutableOptions options;
  std::vector<std::string> launcher; ///< emulator and its options; empty on the machine itself
  std::vector<Tensor> inputs, outputs;
  PacketCounts counts;
};

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_NATIVEEXECUTABLE_H

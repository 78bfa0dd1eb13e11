// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inputs for random float networks, in memory and in a file for the passes.
#ifndef QOPT_TEST_UNIT_EXECUTIONENGINE_RANDOMSAMPLES_H
#define QOPT_TEST_UNIT_EXECUTIONENGINE_RANDOMSAMPLES_H

#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/Support/ArrayFile.h"
#include "qopt/Support/TemporaryFolder.h"

#include <algorithm>
#include <random>
#include <vector>

namespace qopt::test {

/// `count` samples of the only input of a network, normally distributed.
class RandomSamples {
public:
  RandomSamples(mlir::func::FuncOp network, uint32_t seed, int count)
      : type(mlir::cast<mlir::RankedTensorType>(network.getArgumentTypes()[0])), count(count),
        data(count * type.getNumElements()) {
    std::mt19937 random(seed);
    std::normal_distribution<float> values;
    std::generate(data.begin(), data.end(), [&] { return values(random); });
    ArrayView view{"", ArrayType::F32, llvm::SmallVector<int64_t>(type.getShape()),
                   reinterpret_cast<const char *>(data.data())};
    view.shape[0] *= count;
    llvm::cantFail(writeArrayFile(path(), view));
  }

  std::string path() const { return folder.file("samples.npy"); }
  Tensor get(int index) const {
    return Tensor::borrowReals(type.getShape(), data.data() + index * type.getNumElements());
  }

  /// The results of `network` for all samples, one after the other.
  std::vector<float> evaluate(mlir::func::FuncOp network) const {
    Interpreter interpreter = llvm::cantFail(Interpreter::create(network));
    std::vector<float> outputs;
    for (int sample = 0; sample < count; ++sample)
      for (const Tensor &result : llvm::cantFail(interpreter.run(get(sample))))
        llvm::append_range(outputs, result.reals());
    return outputs;
  }

private:
  mlir::RankedTensorType type;
  int count;
  std::vector<float> data;
  TemporaryFolder folder = llvm::cantFail(TemporaryFolder::create("qopt-samples"));
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_EXECUTIONENGINE_RANDOMSAMPLES_H

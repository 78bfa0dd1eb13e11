// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random networks of the quantized level, for comparing engines.
#ifndef QOPT_TEST_UNIT_INTEGRATION_NETWORKGENERATOR_H
#define QOPT_TEST_UNIT_INTEGRATION_NETWORKGENERATOR_H

#include "../Codegen/TileSizes.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include <random>

namespace qopt::test {

/// The same numbers on every standard library (std's distributions differ between them).
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}

  /// Uniform in [low, high].
  int64_t range(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine() % static_cast<uint64_t>(high - low + 1));
  }
  /// Uniform in [low, high).
  double real(double low, double high) { return low + (high - low) * (engine() >> 11) * 0x1p-53; }
  bool chance(double probability) { return real(0, 1) < probability; }
  template <typename T> const T &pick(llvm::ArrayRef<T> values) {
    return values[range(0, values.size() - 1)];
  }

private:
  std::mt19937_64 engine;
};

/// One less or more than once or twice one of `sizes`, or just that; at most `most`.
int64_t nearTile(llvm::ArrayRef<int64_t> sizes, int64_t most, Random &random);

/// Appends the network `name` to `module`: a few layers with random shapes (often one off `tiles`),
/// windows, clamps, scales and zero points under `contract`. Float or quantized interface.
mlir::func::FuncOp addRandomNetwork(mlir::ModuleOp module, llvm::StringRef name, Contract contract,
                                    const TileSizes &tiles, Random &random);

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_INTEGRATION_NETWORKGENERATOR_H

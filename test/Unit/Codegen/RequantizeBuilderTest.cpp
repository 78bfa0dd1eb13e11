// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emitted requantization against numerics::requantizeToCode, which defines it.
#include "KernelHarness.h"

#include "qopt/Codegen/RequantizeBuilder.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;
using namespace qopt::test;
using numerics::Multiplier;

namespace {

/// Neither a power of two nor a multiple of any vector: tails of every width.
constexpr int64_t kChannels = 23;

class VectorRows : public RowSet {
public:
  llvm::StringRef getName() const override { return "vectors"; }
  int64_t getLanes() const override { return 8; }
  bool isFlippedAtRest() const override { return true; }
  const DotRow &getDotRow() const override { return getGenericRowSet().getDotRow(); }
};

/// Fixed point in 32-bit lanes.
class WordRows : public VectorRows {
public:
  llvm::StringRef getName() const override { return "words"; }
  bool hasHighProducts() const override { return true; }
};

/// Row r, channel c holds the code of accumulators[r] under channel c's multiplier and bounds.
std::vector<uint8_t> runCompiled(const RowSet &rows, const RequantizeSpec &spec,
                                 llvm::ArrayRef<int32_t> accumulators) {
  MLIRContext context;
  KernelHarness harness(context, rows);
  RequantizeBuilder arithmetic(rows, spec);
  auto kernel = harness.getOrCreateKernel(
      "requantize", arithmetic.getSignature(), 3,
      [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin, Value end) {
        Emitter emit(b, loc);
        emit.forElements(kChannels, rows.getLanes(), [&](Value channel, int64_t width) {
          auto operands = arithmetic.loadOperands(emit, pointers[2], kChannels, channel, width);
          emit.forLoop(begin, end, 1, [&](Value row) {
            Value acc = emit.load(emit.intType(32), emit.address(pointers[0], emit.mul(row, 4)));
            Value codes = arithmetic.emitCodes(emit, emit.broadcast(acc, width), operands);
            Value offset = emit.add(emit.mul(row, kChannels), channel);
            emit.store(emit.truncate(codes, 8), emit.address(pointers[1], offset));
          });
        });
      });
  llvm::SmallVector<char> block = arithmetic.packBlock(kChannels);
  block.resize(block.size() + 1); // never empty
  harness.addStep(nullptr, kernel,
                  {{harness.tensorNumber(0), ""},
                   {harness.tensorNumber(1), ""},
                   harness.constant("block", block)},
                  accumulators.size(), 1);
  llvm::cantFail(harness.compile());
  std::vector<uint8_t> codes(accumulators.size() * kChannels);
  auto *input = reinterpret_cast<char *>(const_cast<int32_t *>(accumulators.data()));
  harness.run({input, reinterpret_cast<char *>(codes.data())}, 2);
  return codes;
}

void expectExact(const RequantizeSpec &spec, llvm::ArrayRef<int32_t> accumulators) {
  VectorRows vectors;
  WordRows words;
  for (const RowSet *rows : {&getGenericRowSet(), static_cast<const RowSet *>(&vectors),
                             static_cast<const RowSet *>(&words)}) {
    std::vector<uint8_t> codes = runCompiled(*rows, spec, accumulators);
    auto of = [](const auto &values, int64_t channel) {
      return values[values.size() == 1 ? 0 : channel];
    };
    for (size_t r = 0; r < accumulators.size(); ++r)
      for (int64_t c = 0; c < kChannels; ++c) {
        int32_t expected =
            numerics::requantizeToCode(accumulators[r], of(spec.multipliers, c), spec.zeroPoint,
                                       of(spec.lower, c), of(spec.upper, c));
        ASSERT_EQ(codes[r * kChannels + c], static_cast<uint8_t>(expected))
            << rows->getName().str() << ", accumulator " << accumulators[r] << ", channel " << c
            << ", multiplier " << numerics::realValue(of(spec.multipliers, c));
      }
  }
}

Multiplier prepare(numerics::Contract contract, double multiplier, int64_t maxAbs) {
  return llvm::cantFail(
      numerics::prepareMultiplier(contract, {static_cast<float>(multiplier), multiplier}, maxAbs));
}

/// Ends of the range, and sums whose halves, quarters, … are ties of both signs.
std::vector<int32_t> getAccumulators(int32_t largest) {
  std::vector<int32_t> values = {0, largest, -largest, largest - 1, 1 - largest};
  for (int32_t i = 1; i < 300; ++i)
    values.insert(values.end(), {i, -i});
  std::mt19937 random(5);
  for (int i = 0; i < 500; ++i) {
    int32_t bits = random() % 32;
    values.push_back(static_cast<int32_t>(random() >> bits) % largest);
    values.push_back(-values.back());
  }
  return values;
}

/// Powers of two, neighbours of them, and numbers that are neither, in [least, greatest].
RequantizeSpec getSpec(numerics::Contract contract, double least, double greatest, int64_t maxAbs) {
  RequantizeSpec spec;
  for (int64_t c = 0; c < kChannels; ++c) {
    double multiplier = least * std::pow(greatest / least, double(c) / (kChannels - 1));
    if (c % 3 == 0)
      multiplier = std::exp2(std::floor(std::log2(multiplier)));
    if (c % 3 == 1)
      multiplier = std::nextafter(float(std::exp2(std::floor(std::log2(multiplier)))), 0.0f);
    spec.multipliers.push_back(prepare(contract, multiplier, maxAbs));
    spec.lower.push_back(c % 4 ? 0 : 17);
    spec.upper.push_back(255 - c % 5);
  }
  spec.zeroPoint = 128;
  spec.maxAbsAccumulator = maxAbs;
  return spec;
}

class RequantizeBuilderTest : public testing::TestWithParam<numerics::Contract> {};

TEST_P(RequantizeBuilderTest, WholeAccumulatorRange) {
  constexpr int32_t kLargest = std::numeric_limits<int32_t>::max();
  RequantizeSpec spec = getSpec(GetParam(), std::exp2(-40.0), 0.99, kLargest);
  expectExact(spec, getAccumulators(kLargest));
}

TEST_P(RequantizeBuilderTest, LargeMultipliers) {
  RequantizeSpec spec = getSpec(GetParam(), 0.01, 1e6, 1000);
  expectExact(spec, getAccumulators(1000));
}

TEST_P(RequantizeBuilderTest, VanishingMultipliers) {
  RequantizeSpec spec = getSpec(GetParam(), 1e-30, 1e-3, 1 << 30);
  expectExact(spec, getAccumulators(1 << 30));
}

TEST_P(RequantizeBuilderTest, OneForAllChannels) {
  for (double multiplier : {0.5, 0.0078125, 0.37}) {
    RequantizeSpec spec;
    spec.multipliers = {prepare(GetParam(), multiplier, 1 << 24)};
    spec.lower = {0}, spec.upper = {255};
    spec.zeroPoint = 3;
    spec.maxAbsAccumulator = 1 << 24;
    EXPECT_FALSE(RequantizeBuilder(getGenericRowSet(), spec).hasBlock());
    expectExact(spec, getAccumulators(1 << 24));
  }
}

INSTANTIATE_TEST_SUITE_P(Contracts, RequantizeBuilderTest,
                         testing::ValuesIn(numerics::allContracts().begin(),
                                           numerics::allContracts().end()));

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Quantization/Observer.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>
#include <vector>

using namespace qopt::numerics;

static constexpr float kStep = 0.58470297f;

/// Multiples of `step` between two of them, both ends among them.
static std::vector<float> makeLattice(int least, int greatest, float step, float shift = 0) {
  std::mt19937 engine(3);
  std::vector<float> values = {least * step, greatest * step};
  for (int i = 0; i < 4000; ++i)
    values.push_back((least + static_cast<int>(engine() % (greatest - least + 1))) * step + shift);
  return values;
}

static std::unique_ptr<Observer> makeObserver() {
  return createLatticeObserver(createMinMaxObserver());
}

static Range rangeFor(llvm::ArrayRef<float> values) {
  auto observer = makeObserver();
  observer->observe(values);
  return llvm::cantFail(observer->range());
}

static Grid gridFor(llvm::ArrayRef<float> values) {
  return llvm::cantFail(
      gridForRange(rangeFor(values), signedStorage(8, false), Symmetry::Asymmetric));
}

TEST(LatticeObserver, GridHoldsEveryMultiple) {
  // 255 steps, fewer with room on either side, one sign alone, about symmetric.
  for (auto [least, greatest] : {std::pair(-211, 44), std::pair(-210, 37), std::pair(0, 200),
                                 std::pair(-255, 0), std::pair(-127, 120), std::pair(-128, 126)}) {
    std::vector<float> values = makeLattice(least, greatest, kStep);
    Grid grid = gridFor(values);
    EXPECT_NEAR(grid.scale / kStep, 1.0, 1e-5) << least;
    for (float value : values)
      EXPECT_NEAR(dequantizeValue(quantizeValue(value, grid), grid), value, 1e-3) << least;
  }
}

TEST(LatticeObserver, RoomGoesWhereValuesMayBe) {
  Range positive = rangeFor(makeLattice(0, 200, 1));
  EXPECT_EQ(positive.lo, 0);
  EXPECT_EQ(positive.hi, 255);
  Range both = rangeFor(makeLattice(-200, 35, 1));
  EXPECT_EQ(both.lo, -210);
  EXPECT_EQ(both.hi, 45);
}

TEST(LatticeObserver, LeavesOthersToTheOtherObserver) {
  auto expectExtremes = [](llvm::ArrayRef<float> values) {
    auto plain = createMinMaxObserver();
    plain->observe(values);
    Range expected = llvm::cantFail(plain->range()), range = rangeFor(values);
    EXPECT_EQ(range.lo, expected.lo);
    EXPECT_EQ(range.hi, expected.hi);
  };
  expectExtremes(makeLattice(-20, 20, kStep));                // few levels
  expectExtremes(makeLattice(-200, 200, kStep));              // too many
  expectExtremes(makeLattice(-211, 44, kStep, 0.5f * kStep)); // zero lies between two
  expectExtremes(makeLattice(-128, 127, kStep));              // within 1 % of symmetric
  expectExtremes({1.5f});
  expectExtremes({0.0f, 0.0f});
  std::mt19937 engine(5);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  for (int i = 0; i < 200; ++i)
    values.push_back(normal(engine));
  expectExtremes(values);
}

TEST(LatticeObserver, MergesInAnyOrder) {
  std::vector<float> values = makeLattice(-211, 40, kStep);
  llvm::ArrayRef<float> all(values);
  auto first = makeObserver(), second = makeObserver();
  first->observe(all.take_front(100));
  second->observe(all.drop_front(100));
  llvm::cantFail(second->merge(*first));
  Range range = llvm::cantFail(second->range()), whole = rangeFor(values);
  EXPECT_EQ(range.lo, whole.lo);
  EXPECT_EQ(range.hi, whole.hi);
}

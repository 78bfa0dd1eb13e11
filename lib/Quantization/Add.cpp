// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants of quantized addition and subtraction.

#include "qopt/Quantization/Add.h"

namespace qopt::numerics {

static constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

static int64_t largestMagnitude(const Grid &grid) {
  return largestMagnitude(grid.storage, grid.zeroPoint);
}

static llvm::Error refuse(const char *why, const Grid &a, const Grid &b, float scaleY) {
  return llvm::createStringError(std::errc::invalid_argument,
                                 "add of scales %g and %g to scale %g %s", a.scale, b.scale, scaleY,
                                 why);
}

static llvm::Expected<AddConstants> prepareFp32Add(const Grid &a, const Grid &b, float scaleY) {
  auto left = prepareFp32(ratioMultiplier(a.scale, scaleY));
  if (!left)
    return left.takeError();
  auto right = prepareFp32(ratioMultiplier(b.scale, scaleY));
  if (!right)
    return right.takeError();
  return AddConstants(Fp32Add{left->value, right->value});
}

/// The largest shift whose whole sum, rounding term included, fits int32.
static llvm::Expected<AddConstants> prepareFixedAdd(const Grid &a, const Grid &b, float scaleY) {
  double ratioA = ratioMultiplier(a.scale, scaleY).real;
  double ratioB = ratioMultiplier(b.scale, scaleY).real;
  for (int32_t shift = 31; shift >= 1; --shift) {
    double realA = roundToNearestEven(std::ldexp(ratioA, shift));
    double realB = roundToNearestEven(std::ldexp(ratioB, shift));
    if (!(realA <= kInt32Max && realB <= kInt32Max))
      continue;
    auto mA = static_cast<int32_t>(realA);
    auto mB = static_cast<int32_t>(realB);
    int64_t bound = largestMagnitude(a) * mA + largestMagnitude(b) * mB;
    if (bound + (int64_t{1} << (shift - 1)) <= kInt32Max)
      return AddConstants(FixedAdd{mA, mB, shift});
  }
  return refuse("has no shift that keeps the sum in 32 bit: enlarge the output's range or use fp32",
                a, b, scaleY);
}

/// Largest |requantize(x)| over |x| <= bound; the function is odd up to ties and
/// monotone, so an extreme attains it.
static int64_t boundAfter(int64_t bound, FixedDoubleMultiplier m) {
  auto extreme = static_cast<int32_t>(bound);
  return std::max(std::abs(requantize(extreme, m)), std::abs(requantize(-extreme, m)));
}

static llvm::Expected<AddConstants> prepareFixedDoubleAdd(const Grid &a, const Grid &b,
                                                          float scaleY) {
  int64_t boundA = largestMagnitude(a) << FixedDoubleAdd::kLeftShift;
  int64_t boundB = largestMagnitude(b) << FixedDoubleAdd::kLeftShift;
  if (boundA > kInt32Max || boundB > kInt32Max)
    return refuse("has operands of more than eleven bits: use fixed", a, b, scaleY);

  double common = 2.0 * std::max(double(a.scale), double(b.scale));
  auto left = prepareFixedDouble(a.scale / common, boundA);
  if (!left)
    return left.takeError();
  auto right = prepareFixedDouble(b.scale / common, boundB);
  if (!right)
    return right.takeError();
  double toOutput = common / (double(1 << FixedDoubleAdd::kLeftShift) * double(scaleY));
  auto out = prepareFixedDouble(toOutput, boundAfter(boundA, *left) + boundAfter(boundB, *right));
  if (!out)
    return out.takeError();
  return AddConstants(FixedDoubleAdd{*left, *right, *out});
}

llvm::Expected<AddConstants> prepareAdd(Contract contract, const Grid &a, const Grid &b,
                                        float scaleY) {
  switch (contract) {
  case Contract::Fp32:
    return prepareFp32Add(a, b, scaleY);
  case Contract::FixedDouble:
    return prepareFixedDoubleAdd(a, b, scaleY);
  case Contract::Fixed:
  case Contract::PowerOfTwo:
    break;
  }
  return prepareFixedAdd(a, b, scaleY);
}

} // namespace qopt::numerics

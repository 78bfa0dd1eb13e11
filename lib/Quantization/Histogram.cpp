// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Histogram with power-of-two bins.

#include "qopt/Quantization/Histogram.h"

#include <algorithm>
#include <cmath>

namespace qopt::numerics {

/// The exponent at which even the smallest denormal float has a bin of its own:
/// a histogram of zeros, or of nothing, stays there.
static constexpr int kLeastExponent = -149;

Histogram::Histogram() : exponent(kLeastExponent), bins(2 * kHalf, 0) {}

/// The least exponent >= `exponent` that gives `magnitude` a bin on either side:
/// magnitude < kHalf·2^exponent.
static int exponentFor(float magnitude, int exponent) {
  if (magnitude == 0.0f)
    return exponent;
  // magnitude < 2^ilogb+1, and kHalf = 2^12.
  static_assert(Histogram::kHalf == 4096);
  return std::max(exponent, std::ilogb(magnitude) + 1 - 12);
}

/// Floor without a call: conversion truncates, so negative fractions are one too high.
static int64_t floorToInt(double value) {
  auto truncated = static_cast<int64_t>(value);
  return truncated - (value < static_cast<double>(truncated));
}

double Histogram::binWidth() const { return std::ldexp(1.0, exponent); }

void Histogram::add(llvm::ArrayRef<float> values) {
  float magnitude = 0.0f;
  for (float value : values)
    if (std::isfinite(value))
      magnitude = std::max(magnitude, std::abs(value));
  widenTo(exponentFor(magnitude, exponent));

  double perWidth = std::ldexp(1.0, -exponent);
  for (float value : values) {
    if (!std::isfinite(value))
      continue;
    // The product is exact; floor keeps edges multiples of the width.
    ++bins[floorToInt(value * perWidth) + kHalf];
    ++count;
  }
}

void Histogram::widenTo(int newExponent) {
  int steps = std::min(newExponent - exponent, 13); // 13 leaves the bins 0 and -1
  exponent = newExponent;
  if (steps <= 0)
    return;
  std::vector<int64_t> wider(bins.size(), 0);
  for (int64_t index = -kHalf; index < kHalf; ++index)
    wider[(index >> steps) + kHalf] += bins[index + kHalf];
  bins = std::move(wider);
}

void Histogram::merge(const Histogram &other) {
  Histogram narrower = other;
  widenTo(std::max(exponent, other.exponent));
  narrower.widenTo(exponent);
  for (size_t i = 0; i < bins.size(); ++i)
    bins[i] += narrower.bins[i];
  count += other.count;
}

bool Histogram::operator==(const Histogram &other) const {
  return exponent == other.exponent && count == other.count && bins == other.bins;
}

} // namespace qopt::numerics

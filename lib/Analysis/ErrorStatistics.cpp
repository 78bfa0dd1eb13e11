// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Analysis/ErrorStatistics.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>

using namespace qopt;

/// a / b, where nothing of nothing is nothing.
static double ratio(double a, double b) { return a == 0 ? 0 : a / b; }

static ErrorFigures makeFigures(double shift, double noise, double signal) {
  ErrorFigures figures;
  figures.mas = shift;
  figures.mssr = ratio(shift, std::sqrt(signal));
  figures.rqnsr = std::sqrt(ratio(noise, signal));
  // The sums round: of an error that is all bias a little more than all may seem to be.
  figures.biasShare = std::min(1.0, ratio(shift * shift, noise));
  figures.sqnrDb =
      noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
  figures.signal = signal;
  figures.noise = noise;
  return figures;
}

void ErrorStatistics::add(llvm::ArrayRef<float> exact, llvm::ArrayRef<float> quantized) {
  for (size_t begin = 0; begin < exact.size(); begin += sums.size())
    for (auto [channel, sum] : llvm::enumerate(sums)) {
      double x = exact[begin + channel], error = quantized[begin + channel] - x;
      ++sum.count;
      sum.error += error;
      sum.errorSquared += error * error;
      sum.signalSquared += x * x;
    }
}

void ErrorStatistics::merge(const ErrorStatistics &other) {
  for (auto [sum, part] : llvm::zip_equal(sums, other.sums)) {
    sum.count += part.count;
    sum.error += part.error;
    sum.errorSquared += part.errorSquared;
    sum.signalSquared += part.signalSquared;
  }
}

ErrorFigures ErrorStatistics::channel(int64_t index) const {
  const Sums &sum = sums[index];
  auto count = static_cast<double>(sum.count);
  return makeFigures(ratio(sum.error, count), ratio(sum.errorSquared, count),
                     ratio(sum.signalSquared, count));
}

ErrorFigures ErrorStatistics::layer() const {
  double shiftSquared = 0, noise = 0, signal = 0;
  for (int64_t c = 0; c < numChannels(); ++c) {
    ErrorFigures figures = channel(c);
    shiftSquared += figures.mas * figures.mas;
    noise += figures.noise;
    signal += figures.signal;
  }
  auto channels = static_cast<double>(numChannels());
  return makeFigures(std::sqrt(ratio(shiftSquared, channels)), ratio(noise, channels),
                     ratio(signal, channels));
}

int64_t ErrorStatistics::worstChannel() const {
  auto less = [](const Sums &a, const Sums &b) { return a.errorSquared < b.errorSquared; };
  return llvm::max_element(sums, less) - sums.begin();
}

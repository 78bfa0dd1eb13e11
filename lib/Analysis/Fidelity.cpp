// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Analysis/Fidelity.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace llvm;

namespace qopt {

static double meanOf(ArrayRef<float> row) {
  double sum = 0;
  for (float value : row)
    sum += value;
  return sum / static_cast<double>(std::max<size_t>(row.size(), 1));
}

static std::vector<double> logSoftmax(ArrayRef<float> row) {
  double greatest = *std::max_element(row.begin(), row.end()), sum = 0;
  for (float value : row)
    sum += std::exp(value - greatest);
  std::vector<double> result;
  for (float value : row)
    result.push_back(value - greatest - std::log(sum));
  return result;
}

void Fidelity::add(ArrayRef<float> exact, ArrayRef<float> approximate) {
  if (exact.empty())
    return;
  // A single value is not compared with others: its mean is all it says.
  double mean = exact.size() == 1 ? 0.0 : meanOf(exact);
  double otherMean = exact.size() == 1 ? 0.0 : meanOf(approximate);
  for (size_t i = 0; i < exact.size(); ++i) {
    double value = exact[i] - mean, error = value - (approximate[i] - otherMean);
    signal += value * value;
    noise += error * error;
  }
  std::vector<double> p = logSoftmax(exact), q = logSoftmax(approximate);
  for (size_t i = 0; i < p.size(); ++i)
    klSum += std::exp(p[i]) * (p[i] - q[i]);
  ++rows;
  same += std::max_element(exact.begin(), exact.end()) - exact.begin() ==
          std::max_element(approximate.begin(), approximate.end()) - approximate.begin();
}

void Fidelity::addRows(ArrayRef<float> exact, ArrayRef<float> approximate, size_t size) {
  for (size_t begin = 0; begin + size <= exact.size() && size > 0; begin += size)
    add(exact.slice(begin, size), approximate.slice(begin, size));
}

void Fidelity::merge(const Fidelity &other) {
  signal += other.signal;
  noise += other.noise;
  klSum += other.klSum;
  rows += other.rows;
  same += other.same;
}

/// Bounded, for JSON has no infinity: 200 dB is far beyond single precision.
double Fidelity::sqnrDb() const {
  if (signal == 0 || noise == 0)
    return noise == 0 ? 200.0 : -200.0;
  return std::clamp(10.0 * std::log10(signal / noise), -200.0, 200.0);
}

double Fidelity::divergence() const { return klSum / static_cast<double>(std::max(rows, 1L)); }

double Fidelity::agreement() const {
  return static_cast<double>(same) / static_cast<double>(std::max(rows, 1L));
}

json::Object Fidelity::toJson() const {
  return json::Object{{"sqnr_db", sqnrDb()}, {"kl", divergence()}, {"agreement", agreement()}};
}

} // namespace qopt

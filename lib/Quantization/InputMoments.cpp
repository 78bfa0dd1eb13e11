// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streamed moments of a layer's inputs.

#include "qopt/Quantization/InputMoments.h"

#include <Eigen/Core>

#include <algorithm>

namespace qopt::numerics {

using Matrix = Eigen::MatrixXd;
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

InputMoments::InputMoments(int64_t size)
    : inputs(size), sum(size, 0.0), products(size * size, 0.0) {}

void InputMoments::add(llvm::ArrayRef<double> rows) {
  int64_t count = rows.size() / inputs;
  Eigen::Map<const RowMajorMatrix> x(rows.data(), count, inputs);
  Eigen::Map<Eigen::VectorXd>(sum.data(), inputs) += x.colwise().sum().transpose();
  Eigen::Map<Matrix> total(products.data(), inputs, inputs);
  total.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  vectors += count;
}

void InputMoments::merge(const InputMoments &other) {
  for (int64_t i = 0; i < inputs; ++i)
    sum[i] += other.sum[i];
  for (size_t i = 0; i < products.size(); ++i)
    products[i] += other.products[i];
  vectors += other.vectors;
}

std::vector<double> InputMoments::mean() const {
  std::vector<double> result(sum);
  for (double &value : result)
    value /= std::max<double>(1.0, static_cast<double>(vectors));
  return result;
}

std::vector<double> InputMoments::covariance() const {
  std::vector<double> result(products.size()), means = mean();
  double total = std::max<double>(1.0, static_cast<double>(vectors));
  for (int64_t column = 0; column < inputs; ++column)
    for (int64_t row = column; row < inputs; ++row) {
      double value = products[column * inputs + row] / total - means[row] * means[column];
      result[row * inputs + column] = result[column * inputs + row] = value;
    }
  return result;
}

} // namespace qopt::numerics

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GPTQ and coordinate descent over the codes of a row.

#include "qopt/Quantization/HessianRounding.h"
#include "qopt/Quantization/Rounding.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qopt::numerics {

using Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// H of inputs that never change is zero; this keeps it positive definite, and
/// all codes are then the nearest.
static constexpr double kLeastDamping = 1e-12;

struct HessianRounder::Factors {
  std::vector<int64_t> order; ///< inputs by decreasing variance
  Matrix hessian;             ///< damped, rows and columns in `order`
  RowMajorMatrix inverseRoot; ///< U with UT U = hessian^-1, upper triangular
  unsigned descentPasses;

  VectorXd permute(llvm::ArrayRef<float> weights) const;
  VectorXd errors(const VectorXd &weights, llvm::ArrayRef<int32_t> codes, const Grid &grid) const;
  double energy(const VectorXd &errors) const { return errors.dot(hessian * errors); }

  std::vector<int32_t> roundInOrder(VectorXd weights, const Grid &grid) const;
  void descend(const VectorXd &weights, const Grid &grid, std::vector<int32_t> &codes) const;
};

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

/// Inputs by decreasing variance, equal ones by index ("act-order"): the codes
/// that matter most are chosen while most weights can still make up for them.
static std::vector<int64_t> orderByVariance(llvm::ArrayRef<double> covariance, int64_t size) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return covariance[a * size + a] > covariance[b * size + b];
  });
  return order;
}

/// U with UT U = hessian^-1; false where the hessian is not positive definite.
static bool factorInverse(const Matrix &hessian, RowMajorMatrix &root) {
  Eigen::LLT<Matrix> factor(hessian);
  if (factor.info() != Eigen::Success)
    return false;
  Matrix inverse = factor.solve(Matrix::Identity(hessian.rows(), hessian.cols()));
  Eigen::LLT<Matrix> inverseFactor(inverse);
  if (inverseFactor.info() != Eigen::Success)
    return false;
  root = Matrix(inverseFactor.matrixU());
  return true;
}

llvm::Expected<HessianRounder> HessianRounder::create(llvm::ArrayRef<double> covariance,
                                                      const HessianRoundingOptions &options) {
  for (double value : covariance)
    if (!std::isfinite(value))
      return llvm::createStringError("the covariance of the inputs is not finite");
  auto size = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(covariance.size()))));
  auto factors = std::make_unique<Factors>();
  factors->order = orderByVariance(covariance, size);
  factors->descentPasses = options.descentPasses;
  factors->hessian.resize(size, size);
  for (int64_t row = 0; row < size; ++row)
    for (int64_t column = 0; column < size; ++column)
      factors->hessian(row, column) =
          covariance[factors->order[row] * size + factors->order[column]];
  double share = size == 0 ? 0.0 : factors->hessian.diagonal().mean();
  double damping = std::max(options.damping * share, kLeastDamping);
  factors->hessian.diagonal().array() += damping;
  // Rounding errors of the sums can still spoil a factor; more damping repairs it.
  while (!factorInverse(factors->hessian, factors->inverseRoot)) {
    if (!std::isfinite(damping *= 10.0))
      return llvm::createStringError("the covariance of the inputs cannot be factored");
    factors->hessian.diagonal().array() += damping;
  }
  return HessianRounder(std::move(factors));
}

HessianRounder::HessianRounder(std::unique_ptr<Factors> factors) : factors(std::move(factors)) {}
HessianRounder::HessianRounder(HessianRounder &&) noexcept = default;
HessianRounder::~HessianRounder() = default;

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

static int32_t nearestCode(double weight, const Grid &grid) {
  return grid.storage.clamp(int64_t{roundToInt32Saturating(weight / grid.scale)} + grid.zeroPoint);
}

static double valueOf(int32_t code, const Grid &grid) {
  return static_cast<double>(dequantizeValue(code, grid));
}

VectorXd HessianRounder::Factors::permute(llvm::ArrayRef<float> weights) const {
  VectorXd result(weights.size());
  for (size_t i = 0; i < weights.size(); ++i)
    result[i] = weights[order[i]];
  return result;
}

VectorXd HessianRounder::Factors::errors(const VectorXd &weights, llvm::ArrayRef<int32_t> codes,
                                         const Grid &grid) const {
  VectorXd result(weights.size());
  for (Eigen::Index i = 0; i < weights.size(); ++i)
    result[i] = weights[i] - valueOf(codes[i], grid);
  return result;
}

std::vector<int32_t> HessianRounder::Factors::roundInOrder(VectorXd weights,
                                                           const Grid &grid) const {
  Eigen::Index size = weights.size();
  std::vector<int32_t> codes(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    codes[i] = nearestCode(weights[i], grid);
    double error = (weights[i] - valueOf(codes[i], grid)) / inverseRoot(i, i);
    Eigen::Index rest = size - i - 1;
    weights.tail(rest) -= error * inverseRoot.row(i).tail(rest).transpose();
  }
  return codes;
}

void HessianRounder::Factors::descend(const VectorXd &weights, const Grid &grid,
                                      std::vector<int32_t> &codes) const {
  VectorXd error = errors(weights, codes, grid);
  VectorXd gradient = hessian * error;
  for (unsigned pass = 0; pass < descentPasses; ++pass) {
    bool changed = false;
    for (Eigen::Index i = 0; i < error.size(); ++i) {
      // The best value of this weight while all others stay.
      double best = valueOf(codes[i], grid) + gradient[i] / hessian(i, i);
      int32_t code = nearestCode(best, grid);
      if (code == codes[i])
        continue;
      double step = valueOf(codes[i], grid) - valueOf(code, grid);
      error[i] += step;
      gradient += step * hessian.col(i);
      codes[i] = code;
      changed = true;
    }
    if (!changed)
      return;
  }
}

std::vector<int32_t> HessianRounder::round(llvm::ArrayRef<float> weights, const Grid &grid) const {
  VectorXd permuted = factors->permute(weights);
  std::vector<int32_t> nearest(weights.size());
  for (size_t i = 0; i < weights.size(); ++i)
    nearest[i] = nearestCode(permuted[i], grid);
  std::vector<int32_t> codes = factors->roundInOrder(permuted, grid);
  // Weights at the ends of the grid cannot make up for anything; then nearest may be the better
  // place to descend from.
  if (factors->energy(factors->errors(permuted, nearest, grid)) <
      factors->energy(factors->errors(permuted, codes, grid)))
    codes = nearest;
  factors->descend(permuted, grid, codes);
  std::vector<int32_t> result(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    result[factors->order[i]] = codes[i];
  return result;
}

double HessianRounder::error(llvm::ArrayRef<float> weights, llvm::ArrayRef<int32_t> codes,
                             const Grid &grid) const {
  std::vector<int32_t> permuted(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    permuted[i] = codes[factors->order[i]];
  return factors->energy(factors->errors(factors->permute(weights), permuted, grid));
}

} // namespace qopt::numerics

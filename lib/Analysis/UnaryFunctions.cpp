// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Analysis/UnaryFunctions.h"

#include "qopt/Quantization/Lookup.h"

#include <algorithm>
#include <cmath>

double qopt::evaluateUnary(UnaryKind kind, double x, double alpha, double beta) {
  switch (kind) {
  case UnaryKind::Sigmoid:
    return numerics::sigmoid(x);
  case UnaryKind::HardSigmoid:
    return std::clamp(alpha * x + beta, 0.0, 1.0);
  case UnaryKind::HardSwish:
    return numerics::hardSwish(x);
  case UnaryKind::Tanh:
    return std::tanh(x);
  case UnaryKind::Exp:
    return std::exp(x);
  case UnaryKind::LeakyRelu:
    return x < 0 ? alpha * x : x;
  case UnaryKind::Elu:
    return x < 0 ? alpha * std::expm1(x) : x;
  case UnaryKind::Gelu:
    return numerics::gelu(x);
  case UnaryKind::Silu:
    return numerics::silu(x);
  case UnaryKind::Softplus:
    return numerics::softplus(x);
  case UnaryKind::Sqrt:
    return std::sqrt(x);
  case UnaryKind::Log:
    return std::log(x);
  case UnaryKind::Abs:
    return std::fabs(x);
  case UnaryKind::Neg:
    return -x;
  }
  return x; // no other kind exists
}

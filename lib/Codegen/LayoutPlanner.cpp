// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Codegen/LayoutPlanner.h"

#include <numeric>

using namespace qopt::codegen;

void LayoutPlanner::requestHalo(mlir::Value tensor, const Halo &halo) {
  requests[tensor].halo.include(halo);
}

void LayoutPlanner::requestPixelMultiple(mlir::Value tensor, int64_t multiple) {
  int64_t &current = requests[tensor].pixelMultiple;
  current = std::lcm(current, multiple);
}

void LayoutPlanner::requestDense(mlir::Value tensor) { requests[tensor].dense = true; }

void LayoutPlanner::alias(mlir::Value result, mlir::Value operand) {
  requests[operand].dense = true;
  Request &request = requests[result];
  request.dense = true;
  request.aliasOf = operand;
}

LayoutPlanner::Request LayoutPlanner::getRequest(mlir::Value tensor) const {
  auto it = requests.find(tensor);
  return it == requests.end() ? Request() : it->second;
}

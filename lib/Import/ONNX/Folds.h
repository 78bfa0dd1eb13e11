// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators on constants alone: the shape arithmetic that exporters leave in the graph, and weights
// that are computed from weights.
#ifndef QOPT_LIB_IMPORT_ONNX_FOLDS_H
#define QOPT_LIB_IMPORT_ONNX_FOLDS_H

#include "Operators.h"

namespace qopt::onnx {

// FoldArithmetic.cpp: element by element, with broadcasting; integer overflow is refused.
void foldAdd(Node &node);
void foldSub(Node &node);
void foldMul(Node &node);
void foldDiv(Node &node);
void foldMinimum(Node &node);
void foldMaximum(Node &node);
void foldNegation(Node &node);
void foldSqrt(Node &node);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_FOLDS_H

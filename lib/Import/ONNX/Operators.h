// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of operators. A new operator is one function and one row.
#ifndef QOPT_LIB_IMPORT_ONNX_OPERATORS_H
#define QOPT_LIB_IMPORT_ONNX_OPERATORS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <climits>
#include <initializer_list>

namespace qopt::onnx {

class Node;

/// Defines the node's outputs, or throws ImportError.
using OperatorFunction = void (*)(Node &);

struct Operator {
  llvm::StringLiteral opType;
  OperatorFunction import; ///< on activations; null where only constants are understood
  OperatorFunction fold;   ///< on constants alone; null where `import` serves
  int maxInputs = INT_MAX; ///< more would be ignored in silence
};

class OperatorTable {
public:
  OperatorTable();

  /// Called by the families below.
  void add(std::initializer_list<Operator> rows);

  /// Runs the row of the node's operator.
  void import(Node &node) const;

private:
  llvm::StringMap<Operator> rows;
};

// One function per family, each in the file of that name.
void addConstantOperators(OperatorTable &table);
void addConvolutionOperators(OperatorTable &table);
void addElementwiseOperators(OperatorTable &table);
void addFullyConnectedOperators(OperatorTable &table);
void addMovementOperators(OperatorTable &table);
void addNormalizationOperators(OperatorTable &table);
void addPoolingOperators(OperatorTable &table);
void addReshapingOperators(OperatorTable &table);
void addResizeOperators(OperatorTable &table);
void addShapeOperators(OperatorTable &table);
void addSlicingOperators(OperatorTable &table);
void addUnaryOperators(OperatorTable &table);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_OPERATORS_H

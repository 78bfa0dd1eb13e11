// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Operators.h"

#include "Node.h"

using namespace qopt::onnx;

OperatorTable::OperatorTable() {
  addConstantOperators(*this);
  addConvolutionOperators(*this);
  addElementwiseOperators(*this);
  addFullyConnectedOperators(*this);
  addMovementOperators(*this);
  addNormalizationOperators(*this);
  addPoolingOperators(*this);
  addReshapingOperators(*this);
  addResizeOperators(*this);
  addShapeOperators(*this);
  addSlicingOperators(*this);
  addUnaryOperators(*this);
}

void OperatorTable::add(std::initializer_list<Operator> family) {
  for (const Operator &row : family)
    rows.try_emplace(row.opType, row);
}

void OperatorTable::import(Node &node) const {
  auto row = rows.find(node.getOpType());
  if (!node.isStandard())
    fail("operator belongs to domain " + quoted(node.getDomain()) +
         ", where only ONNX's own is supported; export the model with standard operators");
  if (row == rows.end())
    fail("operator is not supported; rewrite the model without it, or cut the graph before it");
  const Operator &op = row->second;
  if (static_cast<int>(node.getNumInputs()) > op.maxInputs)
    fail("it has " + llvm::Twine(node.getNumInputs()) + " inputs where the operator takes " +
         llvm::Twine(op.maxInputs) + "; the file is damaged, export the model again");
  node.checkAttributes();
  if (op.fold && node.hasOnlyConstants())
    return op.fold(node);
  if (!op.import)
    fail("operator is supported on constants (shape arithmetic) only, not on activations; rewrite "
         "the model without it, or cut the graph before it");
  op.import(node);
}

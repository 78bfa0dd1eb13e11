// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Parameters.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Analysis/UnaryFunctions.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"
#include "qopt/Quantization/Lookup.h"

using namespace mlir;
using namespace qopt;

LogicalResult qopt::convertToLookup(UnaryOp op, quant::UniformQuantizedType resultType) {
  double alpha = op.getAlpha().convertToDouble(), beta = op.getBeta().convertToDouble();
  auto function = [&](double x) { return evaluateUnary(op.getKind(), x, alpha, beta); };
  llvm::Expected<numerics::LookupTable> table =
      numerics::buildLookup(function, getGrid(op.getInput().getType()), getGrid(resultType));
  if (!table)
    return emitLayerError(op) << "no table: " << llvm::toString(table.takeError());
  OpBuilder builder(op);
  std::string name = (getLayerName(op) + "_table").str();
  ConstantOp constant =
      createCodeConstant(builder, op.getLoc(), name, {256}, builder.getI8Type(), *table);
  Type type = RankedTensorType::get(op.getOutput().getType().getShape(), resultType);
  auto lookup = LookupOp::create(builder, op.getLoc(), type, op.getInput(), constant.getOutput());
  copyLayerName(op, lookup);
  op.getOutput().replaceAllUsesWith(lookup.getOutput());
  op.erase();
  return success();
}

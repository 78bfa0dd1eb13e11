// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The qopt dialect: ops, attributes, traits and interfaces.
#ifndef QOPT_DIALECT_QOPT_IR_QOPT_H
#define QOPT_DIALECT_QOPT_IR_QOPT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace qopt {

class EvaluationContext;
namespace codegen {
class LayoutPlanner;
class ProgramBuilder;
} // namespace codegen

/// How an op becomes quantized; see QuantizationRuleOpInterface.
enum class QuantizationRule { Requantizes, SameType, Lookup, FixedResult, FloatOnly };

/// Attribute names that the dialect owns on functions, their arguments and results, and layers.
constexpr llvm::StringLiteral kContractAttr = "qopt.contract";
constexpr llvm::StringLiteral kNameAttr = "qopt.name";
/// Discardable on any op: the layer's name in the imported model. Rewrites carry it along.
constexpr llvm::StringLiteral kLayerAttr = "qopt.layer";

namespace detail {
llvm::LogicalResult verifyQuantTypes(mlir::Operation *op);
llvm::LogicalResult verifyOneLevel(mlir::Operation *op);
} // namespace detail

/// Trait: every quantized type of operands and results is well formed.
template <typename ConcreteType>
struct ValidQuantTypes : public mlir::OpTrait::TraitBase<ConcreteType, ValidQuantTypes> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return detail::verifyQuantTypes(op);
  }
};

/// Trait: activations are all float or all quantized (an f32 result of a quantized op is allowed
/// where the op says so).
template <typename ConcreteType>
struct OneLevel : public mlir::OpTrait::TraitBase<ConcreteType, OneLevel> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) { return detail::verifyOneLevel(op); }
};

} // namespace qopt

#include "qopt/Dialect/QOpt/IR/QOptEnums.h.inc"

#include "qopt/Dialect/QOpt/IR/QOptDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "qopt/Dialect/QOpt/IR/QOptAttrs.h.inc"

#include "qopt/Dialect/QOpt/IR/QOptInterfaces.h.inc"

#define GET_OP_CLASSES
#include "qopt/Dialect/QOpt/IR/QOptOps.h.inc"

namespace qopt {
/// The contract of the function that `op` belongs to; Fp32 where the function names none.
Contract getContract(mlir::Operation *op);

/// Copies the layer name of `from` to `to`.
void copyLayerName(mlir::Operation *from, mlir::Operation *to);
/// The layer name of `op`, or its op name where it has none.
llvm::StringRef getLayerName(mlir::Operation *op);
} // namespace qopt

#endif // QOPT_DIALECT_QOPT_IR_QOPT_H

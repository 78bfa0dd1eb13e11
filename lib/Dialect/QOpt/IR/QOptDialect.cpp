// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registration of the dialect, its attributes, type aliases and function-level attribute checks.
#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "qopt/Dialect/QOpt/IR/PixelInput.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;

/// A contract's name may hold a dash; such names are written as strings.
static ParseResult parseContractName(AsmParser &parser, Contract &value) {
  std::string name;
  auto location = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeywordOrString(&name)))
    return parser.emitError(location, "expected the name of a numeric contract");
  std::optional<Contract> contract = symbolizeContract(name);
  if (!contract)
    return parser.emitError(location, "unknown numeric contract '")
           << name << "'; known: fp32, fixed, \"fixed-double\", \"power-of-two\"";
  value = *contract;
  return success();
}

static void printContractName(AsmPrinter &printer, Contract value) {
  printer.printKeywordOrString(stringifyContract(value));
}

#include "qopt/Dialect/QOpt/IR/QOptDialect.cpp.inc"
#include "qopt/Dialect/QOpt/IR/QOptEnums.cpp.inc"
#include "qopt/Dialect/QOpt/IR/QOptInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "qopt/Dialect/QOpt/IR/QOptAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "qopt/Dialect/QOpt/IR/QOptOps.cpp.inc"

namespace {
/// Quantized types hide behind aliases: a per-axis type may name a thousand scales.
struct QOptAsmInterface : public OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Type type, raw_ostream &os) const override {
    if (isa<quant::UniformQuantizedType>(type))
      os << "qtensor";
    else if (isa<quant::UniformQuantizedPerAxisType>(type))
      os << "qaxis";
    else
      return AliasResult::NoAlias;
    return AliasResult::OverridableAlias;
  }
};
} // namespace

void QOptDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "qopt/Dialect/QOpt/IR/QOptAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "qopt/Dialect/QOpt/IR/QOptOps.cpp.inc"
      >();
  addInterfaces<QOptAsmInterface>();
}

LogicalResult QOptDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == kContractAttr) {
    if (!isa<FunctionOpInterface>(op))
      return op->emitOpError("'") << name << "' belongs on a function";
    if (!isa<ContractAttr>(attribute.getValue()))
      return op->emitOpError("'") << name << "' must be a #qopt.contract attribute";
  }
  if (name == kLayerAttr && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("'") << name << "' must be a string";
  return success();
}

/// `qopt.name` on arguments and results is the tensor's name in the imported model.
static LogicalResult verifyTensorName(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() == kNameAttr && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("'") << kNameAttr << "' must be a string";
  return success();
}

LogicalResult QOptDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                    NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (function && attribute.getName() == kPixelsAttr)
    return verifyPixelInput(op, function.getArgumentTypes()[index], attribute.getValue());
  return verifyTensorName(op, attribute);
}

LogicalResult QOptDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                                       NamedAttribute attribute) {
  return verifyTensorName(op, attribute);
}

Contract qopt::getContract(Operation *op) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    function = op->getParentOfType<FunctionOpInterface>();
  auto contract = function ? function->getAttrOfType<ContractAttr>(kContractAttr) : ContractAttr();
  return contract ? contract.getValue() : Contract::Fp32;
}

void qopt::copyLayerName(Operation *from, Operation *to) {
  if (auto name = from->getAttrOfType<StringAttr>(kLayerAttr))
    to->setAttr(kLayerAttr, name);
}

StringRef qopt::getLayerName(Operation *op) {
  auto name = op->getAttrOfType<StringAttr>(kLayerAttr);
  return name ? name.getValue() : op->getName().getStringRef();
}

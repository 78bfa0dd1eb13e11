// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The op base class and the traits of every op.
#ifndef QOPT_DIALECT_QOPT_IR_OPBASE_TD
#define QOPT_DIALECT_QOPT_IR_OPBASE_TD

include "qopt/Dialect/QOpt/IR/QOptBase.td"
include "qopt/Dialect/QOpt/IR/QOptInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

// Checks what tensor and quant types do not check of themselves: 1 to 2^40 elements, zero points inside
// the storage bounds, as many scales as the axis has elements, scales that are positive f32 numbers.
def QOpt_ValidQuantTypes : NativeOpTrait<"ValidQuantTypes"> { let cppNamespace = "::qopt"; }

// All activations are float, or all are quantized; an op does not mix levels.
def QOpt_OneLevel : NativeOpTrait<"OneLevel"> { let cppNamespace = "::qopt"; }

class QOpt_Op<string mnemonic, list<Trait> traits = []>
    : Op<QOpt_Dialect, mnemonic, !listconcat(traits, [Pure, QOpt_ValidQuantTypes,
        BackwardOpInterface])>;

// An op on one level at a time, with a rule for its quantization.
class QOpt_LayerOp<string mnemonic, list<Trait> traits = []>
    : QOpt_Op<mnemonic, !listconcat(traits, [QOpt_OneLevel,
        QuantizationRuleOpInterface])>;

#endif // QOPT_DIALECT_QOPT_IR_OPBASE_TD

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The dialect, its attributes, and the type constraints that the op files share.
#ifndef QOPT_DIALECT_QOPT_IR_BASE_TD
#define QOPT_DIALECT_QOPT_IR_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"

def QOpt_Dialect : Dialect {
  let name = "qopt";
  let cppNamespace = "::qopt";
  let summary = "Neural networks from float to quantized integer arithmetic";
  let description = [{
    One op set on three levels. On the *float* level (1) tensors are `f32`; on the *simulated*
    level (2) `qopt.fake_quant` marks where values are rounded; on the *quantized* level (3) the
    same ops work on `!quant.uniform` types, and the function's `qopt.contract` attribute says
    which integer arithmetic they mean, bit for bit (docs/NumericContract.md).

    Activations are NHWC, or `[N, C]` before and after fully connected layers. Shapes are static.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::mlir::func::FuncDialect"];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let hasConstantMaterializer = 0;
  let useDefaultAttributePrinterParser = 1;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def QOpt_ContractEnum : I32EnumAttr<"Contract", "arithmetic of the quantized level", [
    I32EnumAttrCase<"Fp32", 1, "fp32">,
    I32EnumAttrCase<"Fixed", 2, "fixed">,
    I32EnumAttrCase<"FixedDouble", 3, "fixed-double">,
    I32EnumAttrCase<"PowerOfTwo", 4, "power-of-two">
  ]> {
  let cppNamespace = "::qopt";
  let genSpecializedAttr = 0;
}

def QOpt_ContractAttr : EnumAttr<QOpt_Dialect, QOpt_ContractEnum, "contract"> {
  let summary = "the numeric contract of a quantized function";
  let description = [{
    Written as `qopt.contract` on a `func.func` when the network is quantized. Values are those of
    the C ABI's `contract` field.
  }];
  let assemblyFormat = "`<` custom<ContractName>($value) `>`";
}

def QOpt_UnaryEnum : I32EnumAttr<"UnaryKind", "element-wise float function", [
    I32EnumAttrCase<"Sigmoid", 0, "sigmoid">,
    I32EnumAttrCase<"HardSigmoid", 1, "hard_sigmoid">,
    I32EnumAttrCase<"HardSwish", 2, "hard_swish">,
    I32EnumAttrCase<"Tanh", 3, "tanh">,
    I32EnumAttrCase<"Exp", 4, "exp">,
    I32EnumAttrCase<"LeakyRelu", 5, "leaky_relu">,
    I32EnumAttrCase<"Elu", 6, "elu">,
    I32EnumAttrCase<"Gelu", 7, "gelu">,
    I32EnumAttrCase<"Silu", 8, "silu">,
    I32EnumAttrCase<"Softplus", 9, "softplus">,
    I32EnumAttrCase<"Sqrt", 10, "sqrt">,
    I32EnumAttrCase<"Log", 11, "log">,
    I32EnumAttrCase<"Abs", 12, "abs">,
    I32EnumAttrCase<"Neg", 13, "neg">
  ]> {
  let cppNamespace = "::qopt";
  let genSpecializedAttr = 0;
}
def QOpt_UnaryAttr : EnumAttr<QOpt_Dialect, QOpt_UnaryEnum, "unary">;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def QOpt_UniformType : Type<
    CPred<"::llvm::isa<::mlir::quant::UniformQuantizedType, "
          "::mlir::quant::UniformQuantizedPerAxisType>($_self)">,
    "uniform quantized type, per tensor or per axis">;

class QOpt_TensorOf<list<Type> types, string what>
    : Type<StaticShapeTensorOf<types>.predicate, what, "::mlir::RankedTensorType">;

def QOpt_Tensor : QOpt_TensorOf<[F32, QOpt_UniformType], "static f32 or quantized tensor">;
def QOpt_FloatTensor : QOpt_TensorOf<[F32], "static f32 tensor">;
def QOpt_QuantTensor : QOpt_TensorOf<[QOpt_UniformType], "static quantized tensor">;
def QOpt_BiasTensor : QOpt_TensorOf<[F32, I32], "static f32 or i32 tensor">;
def QOpt_AnyTensor : QOpt_TensorOf<[F32, I32, I8, QOpt_UniformType],
                                   "static f32, i32, i8 or quantized tensor">;

#endif // QOPT_DIALECT_QOPT_IR_BASE_TD

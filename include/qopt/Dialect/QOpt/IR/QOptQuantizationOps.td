// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants, observers, simulated quantization and the casts between levels.
#ifndef QOPT_DIALECT_QOPT_IR_QUANTIZATIONOPS_TD
#define QOPT_DIALECT_QOPT_IR_QUANTIZATIONOPS_TD

include "qopt/Dialect/QOpt/IR/QOptOpBase.td"

def QOpt_ConstantOp : QOpt_Op<"constant", [
    TypesMatchWith<"C1: the attribute's type is the result's type", "value", "output", "$_self">]> {
  let summary = "a named parameter or literal";
  let description = [{
    Quantized constants are `dense_resource` blobs whose attribute type is the result type (any
    other form crashes upstream folders); their bytes are the stored values, one i8 each, row major.
    Float and i32 constants are `dense` or `dense_resource`. Not `ConstantLike`: nothing merges or
    folds parameters behind the passes' backs, and their names survive.

    Constraints:
    - C1: the attribute's type is the result's type;
    - C2: a resource exists and its size is what the type needs;
    - C3: `dense` is f32, i32 or i8, of at most 2^28 elements.

    ```mlir
    %w = qopt.constant dense_resource<conv1_w> : tensor<32x3x3x3x!quant.uniform<i8<-127:127>:f32, 0.01>>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs QOpt_AnyTensor:$output);
  let assemblyFormat = "attr-dict $value";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value), [{
    build($_builder, $_state, value.getShapedType(), value);
  }]>];
  let extraClassDeclaration = [{
    /// The raw row-major bytes (a splat gives one element); empty where a resource is missing.
    ::llvm::ArrayRef<char> getRawBytes();
    /// The name of the resource, or "" for an inline constant.
    ::llvm::StringRef getResourceName();
  }];
}

def QOpt_ObserveOp : QOpt_Op<"observe"> {
  let summary = "watches the range of an activation";
  let description = [{
    The identity on floats. `calibrator` says which statistic (`minmax`, `moving-average`,
    `percentile`, `mse`, `entropy`, `aciq-gauss`, `aciq-laplace`); `range` holds the raw `[lo, hi]` once data has run through. No fold removes it.

    Constraints:
    - C1: `range`, if present, is two finite numbers, lo <= hi;
    - C2: `name` is not empty;
    - C3: input and result have the same shape.
  }];
  let arguments = (ins QOpt_FloatTensor:$input, StrAttr:$name,
    DefaultValuedAttr<StrAttr, "\"minmax\"">:$calibrator, OptionalAttr<DenseF32ArrayAttr>:$range);
  let results = (outs QOpt_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def QOpt_FakeQuantOp : QOpt_Op<"fake_quant"> {
  let summary = "rounds floats to the grid of a quantized type";
  let description = [{
    `y = f32(f32(q - z) * s)`, `q = clamp(rne(f32(x / s)) + z, qmin, qmax)`: exactly `qopt.quantize`
    followed by `qopt.dequantize`, with the type that the quantized level will use. No fold ever
    removes it. Straight-through gradient: 1 where x lies inside `[s(qmin - z), s(qmax - z)]`, 0
    outside; with learned ranges, elements clipped below or above contribute their gradient to
    lo or hi.

    Constraints:
    - C1: `type` is a uniform quantized type, per tensor or per axis with as many scales as the axis
      has elements;
    - C2: input and result have the same shape.
  }];
  let arguments = (ins QOpt_FloatTensor:$input, TypeAttr:$type);
  let results = (outs QOpt_FloatTensor:$output);
  let assemblyFormat = "$input `as` $type attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def QOpt_QuantizeOp : QOpt_Op<"quantize"> {
  let summary = "float to stored values";
  let description = [{
    `q = clamp(rne(f32(x / s)) + z, qmin, qmax)`; a true division (multiplying by 1/s differs on
    real images). NaN gives z, infinities saturate.

    Constraints:
    - C1: input and result have the same shape.
  }];
  let arguments = (ins QOpt_FloatTensor:$input);
  let results = (outs QOpt_QuantTensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def QOpt_DequantizeOp : QOpt_Op<"dequantize"> {
  let summary = "stored values to float";
  let description = [{
    `x = f32(f32(q - z) * s)`.

    Constraints:
    - C1: input and result have the same shape.
  }];
  let arguments = (ins QOpt_QuantTensor:$input);
  let results = (outs QOpt_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def QOpt_RequantizeOp : QOpt_Op<"requantize"> {
  let summary = "stored values to another grid";
  let description = [{
    `q_y = clamp(requant(q_x - z_x, s_x / s_y) + z_y)` by the function's contract.

    Constraints:
    - C1: input and result have the same shape;
    - C2: both are quantized per tensor.
  }];
  let arguments = (ins QOpt_QuantTensor:$input);
  let results = (outs QOpt_QuantTensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // QOPT_DIALECT_QOPT_IR_QUANTIZATIONOPS_TD

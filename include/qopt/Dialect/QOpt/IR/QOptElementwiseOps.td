// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element-wise arithmetic, clamps, lookups and softmax.
#ifndef QOPT_DIALECT_QOPT_IR_ELEMENTWISEOPS_TD
#define QOPT_DIALECT_QOPT_IR_ELEMENTWISEOPS_TD

include "qopt/Dialect/QOpt/IR/QOptOpBase.td"

class QOpt_BinaryOp<string mnemonic, list<Trait> traits = []>
    : QOpt_LayerOp<mnemonic, !listconcat(traits, [ClampedOpInterface])> {
  let arguments = (ins QOpt_Tensor:$lhs, QOpt_Tensor:$rhs,
    OptionalAttr<DenseF32ArrayAttr>:$clamp_min, OptionalAttr<DenseF32ArrayAttr>:$clamp_max);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::Requantizes; }
  }];
}

defvar BinaryConstraints = [{

    Constraints:
    - C1: operands have the rank of the result, and each dimension of an operand is that of the
      result or 1 (broadcast);
    - C2: clamp bounds number one or one per channel, none is NaN, and min <= max;
    - C3: quantized operands and result are quantized per tensor.
}];

def QOpt_AddOp : QOpt_BinaryOp<"add", [Commutative]> {
  let summary = "element-wise sum with clamp";
  let description = !strconcat([{
    Contract `fp32`: `q_y = clamp(rne(f32(f32(f32(a - z_a) * M_a) + f32(f32(b - z_b) * M_b))) + z_y)`
    with `M_a = f32(s_a / s_y)`. Contract `fixed`:
    `((a - z_a) * A + (b - z_b) * B + 2^(k-1)) >> k`, `A = rne(s_a / s_y * 2^k)`, with the largest
    k in 1..31 for which the sum is proven to fit 32 bits; none: refused.
  }], BinaryConstraints);
}

def QOpt_SubOp : QOpt_BinaryOp<"sub"> {
  let summary = "element-wise difference with clamp";
  let description = !strconcat([{
    `lhs - rhs`; arithmetic as `qopt.add`.
  }], BinaryConstraints);
}

def QOpt_MulOp : QOpt_BinaryOp<"mul", [Commutative]> {
  let summary = "element-wise product with clamp";
  let description = !strconcat([{
    Quantized: `q_y = clamp(requant((a - z_a) * (b - z_b), s_a * s_b / s_y) + z_y)`; the product of
    two 9-bit numbers fits 32 bits.
  }], BinaryConstraints);
}

def QOpt_ClampOp : QOpt_LayerOp<"clamp", [ClampedOpInterface]> {
  let summary = "clamp to one bound or one per channel";
  let description = [{
    `y = min(max(x, min), max)`; at least one of the two is given. Quantized: on stored values,
    `clamp(rne(bound / s) + z, qmin, qmax)` computed in double, without requantization.

    Constraints:
    - C1: input and result have the same type, quantized per tensor if at all;
    - C2: bounds number one or one per channel (last dimension), none is NaN, and min <= max;
    - C3: at least one bound is given.
  }];
  let arguments = (ins QOpt_Tensor:$input,
    OptionalAttr<DenseF32ArrayAttr>:$clamp_min, OptionalAttr<DenseF32ArrayAttr>:$clamp_max);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::SameType; }
  }];
}

def QOpt_UnaryOp : QOpt_LayerOp<"unary"> {
  let summary = "element-wise float function";
  let description = [{
    `sigmoid`, `hard_sigmoid` (`max(0, min(1, alpha * x + beta))`), `hard_swish`
    (`x * max(0, min(1, x / 6 + 1/2))`), `tanh`, `exp`, `leaky_relu` (`x < 0 ? alpha * x : x`),
    `elu` (alpha), `gelu` (with erf), `silu` (`x * sigmoid(x)`), `softplus`, `sqrt`, `log`, `abs`,
    `neg`. Becomes `qopt.lookup` on the quantized level: no engine evaluates a transcendental there.

    Constraints:
    - C1: input and result have the same shape;
    - C2: f32 only.

    ```mlir
    %y = qopt.unary sigmoid %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins QOpt_UnaryAttr:$kind, QOpt_FloatTensor:$input,
    DefaultValuedAttr<F32Attr, "0.0f">:$alpha, DefaultValuedAttr<F32Attr, "0.0f">:$beta);
  let results = (outs QOpt_FloatTensor:$output);
  // The attribute prints a space of its own.
  let assemblyFormat = "`` $kind $input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::Lookup; }
  }];
}

def QOpt_LookupOp : QOpt_LayerOp<"lookup"> {
  let summary = "256-entry table";
  let description = [{
    `q_y = table[q_x - qmin_of_storage_type]`: the table is indexed by the stored value minus the
    least value of the 8-bit storage type (-128 for signed, 0 for unsigned), so entry 0 belongs to
    the least stored value. The table is a constant of the IR, computed in double and rounded to
    nearest even when the op is made.

    Constraints:
    - C1: input and result have the same shape and 8-bit per-tensor quantized types;
    - C2: the table has 256 elements of i8 (the stored bytes of the result).
  }];
  let arguments = (ins QOpt_QuantTensor:$input, QOpt_AnyTensor:$table);
  let results = (outs QOpt_QuantTensor:$output);
  let assemblyFormat = "$input `,` $table attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::Requantizes; }
  }];
}

def QOpt_SoftmaxOp : QOpt_LayerOp<"softmax"> {
  let summary = "softmax over the last dimension";
  let description = [{
    Quantized: with `m = max q`, `e_i = T[m - q_i]`, `T[d] = rne(2^23 * exp(-s_x * d))` (256 entries,
    i32), `S = sum e_i`, the stored result is `(256 * e_i + S / 2) / S - 128` in unsigned 64-bit
    arithmetic, floor division, saturated at 127. `2^23 * 256 * n` fits for any `n < 2^33`.

    Constraints:
    - C1: input and result have the same shape;
    - C2: a quantized result has scale 1/256 and the zero point that stands for probability 0:
      the least storage value.
    - C3: a quantized input has 8 bits, per tensor, and may give an `f32` result: dequantized from
      the above.
  }];
  let arguments = (ins QOpt_Tensor:$input);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::FixedResult; }
  }];
}

#endif // QOPT_DIALECT_QOPT_IR_ELEMENTWISEOPS_TD

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers with constant weights.
#ifndef QOPT_DIALECT_QOPT_IR_WEIGHTEDOPS_TD
#define QOPT_DIALECT_QOPT_IR_WEIGHTEDOPS_TD

include "qopt/Dialect/QOpt/IR/QOptOpBase.td"

class QOpt_WeightedOp<string mnemonic, list<Trait> traits = []>
    : QOpt_LayerOp<mnemonic, !listconcat(traits, [
        WeightedOpInterface, DeclareOpInterfaceMethods<AccumulatorOpInterface>,
        ClampedOpInterface])> {
  let hasVerifier = 1;
  code weightedDeclaration = [{
    ::mlir::OpOperand &getActivationOperand() { return getInputMutable(); }
    ::mlir::OpOperand &getWeightsOperand() { return getWeightsMutable(); }
    ::mlir::Value getBiasValue() { return getBias(); }
    void setBiasValue(::mlir::Value bias) {
      getBiasMutable().clear();
      if (bias)
        getBiasMutable().assign(bias);
    }
    int64_t getOutputChannelAxis();
    int64_t getReductionSize();
    int64_t getMacs();
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::Requantizes; }
  }];
}

def QOpt_Conv2DOp : QOpt_WeightedOp<"conv2d", [AttrSizedOperandSegments]> {
  let summary = "2-D convolution, optionally grouped, with bias, residual and clamp";
  let description = [{
    Input `[N, H, W, C]`, weights `[OC, KH, KW, C / groups]`, bias `[OC]`, residual and result
    `[N, OH, OW, OC]`; `pads` is `[top, left, bottom, right]`.

    Float: `y = clamp(sum(x * w) + b [+ r])`.

    Quantized: `acc = sum((q_x - z_x) * (q_w - z_w[c])) + b`, an exact integer that the accumulator
    proof fits into 32 bits; padding contributes `q_x = z_x`. Then
    `q_y = clamp(requant(acc, s_x * s_w[c] / s_y) + z_y)` by the function's contract.
    With a residual (contract `fp32` only):
    `q_y = clamp(rne(f32(f32(f32(acc) * M) + f32(f32(q_r - z_r) * f32(s_r / s_y)))) + z_y)`.
    With an `f32` result (last layer): `f32(f32(acc) * f32(s_x * s_w[c]))`, without clamp.

    Constraints:
    - C1: input, weights and result have rank 4;
    - C2: strides and dilations are two numbers >= 1, pads four numbers >= 0;
    - C3: `groups` divides the input channels and the output channels, and the weights' last
      dimension is `C / groups`;
    - C4: the result's shape follows from input, weights, strides, pads and dilations;
    - C5: bias has one element per output channel; f32 on the float level, i32 on the quantized;
    - C6: a residual has the shape of the result; quantized, it needs the contract `fp32`;
    - C7: clamp bounds number one or OC, none is NaN, and min <= max;
    - C8: weights are quantized per tensor or along dimension 0, activations per tensor;
    - C9: a quantized input may give an `f32` result; then there is no residual and no clamp.

    ```mlir
    %y = qopt.conv2d %x, %w bias %b {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>,
           clamp_min = array<f32: 0.0>}
         : (tensor<1x224x224x3xf32>, tensor<32x3x3x3xf32>, tensor<32xf32>) -> tensor<1x112x112x32xf32>
    ```
  }];
  let arguments = (ins QOpt_Tensor:$input, QOpt_Tensor:$weights, Optional<QOpt_BiasTensor>:$bias,
    Optional<QOpt_Tensor>:$residual,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    OptionalAttr<DenseF32ArrayAttr>:$clamp_min, OptionalAttr<DenseF32ArrayAttr>:$clamp_max);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $weights (`bias` $bias^)? (`residual` $residual^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let extraClassDeclaration = weightedDeclaration;
}

def QOpt_DepthwiseConv2DOp : QOpt_WeightedOp<"depthwise_conv2d"> {
  let summary = "depthwise 2-D convolution with bias and clamp";
  let description = [{
    Input `[N, H, W, C]`, weights `[KH, KW, C * M]`, bias `[C * M]`, result `[N, OH, OW, C * M]`;
    output channel `c * M + m` reads input channel `c` only. Arithmetic as `qopt.conv2d`.

    Constraints:
    - C1: input and result have rank 4, weights rank 3;
    - C2: strides and dilations are two numbers >= 1, pads four numbers >= 0;
    - C3: the weights' last dimension is a multiple of the input channels;
    - C4: the result's shape follows from input, weights, strides, pads and dilations;
    - C5: bias has one element per output channel; f32 on the float level, i32 on the quantized;
    - C7: clamp bounds number one or one per output channel, none is NaN, and min <= max;
    - C8: weights are quantized per tensor or along dimension 2, activations per tensor;
    - C9: a quantized input may give an `f32` result; then there is no clamp.
  }];
  let arguments = (ins QOpt_Tensor:$input, QOpt_Tensor:$weights, Optional<QOpt_BiasTensor>:$bias,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
    OptionalAttr<DenseF32ArrayAttr>:$clamp_min, OptionalAttr<DenseF32ArrayAttr>:$clamp_max);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $weights (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = weightedDeclaration # [{
    int64_t getChannelMultiplier() {
      return getWeights().getType().getDimSize(2) / getInput().getType().getDimSize(3);
    }
  }];
}

def QOpt_MatmulOp : QOpt_WeightedOp<"matmul"> {
  let summary = "fully connected layer with bias and clamp";
  let description = [{
    Input `[N, K]`, weights `[OC, K]` (a row per output channel), bias `[OC]`, result `[N, OC]`:
    `y[n, c] = clamp(sum_k(x[n, k] * w[c, k]) + b[c])`. Arithmetic as `qopt.conv2d`.

    Constraints:
    - C1: input, weights and result have rank 2;
    - C4: the inner dimensions agree and the result is `[N, OC]`;
    - C5, C7, C8, C9: as `qopt.conv2d`.
  }];
  let arguments = (ins QOpt_Tensor:$input, QOpt_Tensor:$weights, Optional<QOpt_BiasTensor>:$bias,
    OptionalAttr<DenseF32ArrayAttr>:$clamp_min, OptionalAttr<DenseF32ArrayAttr>:$clamp_max);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $weights (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = weightedDeclaration;
}

def QOpt_BatchNormOp : QOpt_LayerOp<"batch_norm"> {
  let summary = "batch normalization of the last dimension (float level only)";
  let description = [{
    `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`, per channel. Folded into its
    producer by `qopt-fold-batch-norm`; the quantized level has none.

    Constraints:
    - C1: scale, offset, mean and variance have one element per channel;
    - C2: epsilon is finite and >= 0;
    - C3: input and result have the same shape.
  }];
  let arguments = (ins QOpt_FloatTensor:$input, QOpt_FloatTensor:$scale, QOpt_FloatTensor:$offset,
    QOpt_FloatTensor:$mean, QOpt_FloatTensor:$variance, F32Attr:$epsilon);
  let results = (outs QOpt_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $scale `,` $offset `,` $mean `,` $variance attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::FloatOnly; }
  }];
}

#endif // QOPT_DIALECT_QOPT_IR_WEIGHTEDOPS_TD
